"""Commands, exit codes, and what happens when something is wrong."""

from __future__ import annotations

import sys
import time
from pathlib import Path

import typer

from siting.cli.allocate import allocate
from siting.cli.bench import bench
from siting.cli.classic import classic
from siting.cli.compare import compare
from siting.cli.explain import explain_app
from siting.cli.instances import adopt_app, check, new
from siting.cli.plans import assess, runs, solve, verify
from siting.cli.publish import publish
from siting.cli.report import report
from siting.cli.review import review_app
from siting.cli.review_import import import_
from siting.cli.review_rounds import history, resolve
from siting.cli.scenarios import scenarios
from siting.cli.screen import show_error
from siting.errors import SitingError

BUNDLED = Path(__file__).parents[2] / "instances" / "xicheng"
"""The instance that is planned where no command is given."""

BAD_INPUT, LIMIT_WITHOUT_PLAN = 2, 4

app = typer.Typer(
    name="siting",
    help="Which vacated building becomes which public service. "
    "Plans are proven, re-checked and drawn.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)
app.command()(check)
app.command()(new)
app.command()(assess)
app.command()(solve)
app.command()(verify)
app.command()(runs)
app.command()(report)
app.command()(scenarios)
app.command()(compare)
app.command()(allocate)
app.command()(classic)
app.command()(publish)
app.command()(bench)
app.add_typer(explain_app, name="explain")
app.add_typer(adopt_app, name="adopt")
review_app.command("import")(import_)
review_app.command()(resolve)
review_app.command()(history)
app.add_typer(review_app, name="review")


def main() -> None:
    """Run the command line; without arguments, plan the bundled Xicheng within a minute."""
    if len(sys.argv) == 1:
        sys.argv += ["solve", str(BUNDLED), "--time-limit", "60"]
    try:
        app(obj=time.monotonic())
    except SitingError as error:
        show_error(error, as_json="--json" in sys.argv)
        raise SystemExit(BAD_INPUT) from None
    except KeyboardInterrupt:
        sys.stderr.write("stopped before there was a plan\n")
        raise SystemExit(LIMIT_WITHOUT_PLAN) from None
