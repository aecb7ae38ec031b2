"""What is written for people holds: commands, tables and outputs shown, options, links."""

import contextlib
import doctest
import io
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from unittest import mock

import pytest
import typer

from siting.cli.app import app, main
from siting.instance.dictionary import data_dictionary

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
FOLDERS = ("benchmarks", "docs", "instances", "solutions")
PAGES = sorted([ROOT / "README.md", *(p for f in FOLDERS for p in (ROOT / f).rglob("*.md"))])
OPTION = re.compile(r"(?<![\w-])--[a-z][a-z-]*")


@dataclass(frozen=True)
class Block:
    """A fenced block, with the file or exit code that the line above it names."""

    language: str
    text: str
    file: str
    appends: bool
    exit_code: int


def blocks(page: Path) -> Iterator[Block]:
    parts = re.split(
        r"^```(\w*)\n(.*?)^```$", page.read_text("utf-8"), flags=re.MULTILINE | re.DOTALL
    )
    for above, language, text in zip(parts[::3], parts[1::3], parts[2::3], strict=False):
        line = above.rstrip().rpartition("\n")[2]
        named = re.fullmatch(r"(Add to )?`([^`\s]+)`:?", line)
        ended = re.search(r"exit code (\d)", line)
        yield Block(
            language=language,
            text=text,
            file=named[2] if named else "",
            appends=bool(named and named[1]),
            exit_code=int(ended[1]) if ended else 0,
        )


def said_by(block: Block) -> str:
    """Run the commands of a block, which all end as the page says, and return the output."""
    said = io.StringIO()
    for line in block.text.splitlines():
        words = shlex.split(line)
        assert words[0] == "siting", line
        with (
            mock.patch("sys.argv", words),
            contextlib.redirect_stdout(said),
            contextlib.redirect_stderr(said),
            pytest.raises(SystemExit) as ended,
        ):
            main()
        assert (ended.value.code or 0) == block.exit_code, f"{line}\n{said.getvalue()}"
    return said.getvalue()


def assert_shown(said: str, shown: str, where: str) -> None:
    """`...` stands for anything; the number of spaces and empty lines does not matter."""
    rules = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
    alike = doctest.OutputChecker().check_output(shown, said, rules)
    assert alike, f"{where} now says\n{said}\nwhere the page shows\n{shown}"


def test_the_tutorial_runs_as_it_stands(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("SITING_CACHE", str(tmp_path / "cache"))
    commands, said, compared = "", "", 0
    for block in blocks(DOCS / "tutorial.md"):
        if block.language == "sh":
            commands, said = block.text, said_by(block)
        elif block.language == "text" and block.file:
            text = Path(block.file).read_text("utf-8-sig")
            assert_shown(text, block.text, block.file)
            compared += 1
        elif block.language == "text":
            assert_shown(said, block.text, commands)
            compared += 1
        elif block.file:
            file = Path(block.file)
            file.parent.mkdir(exist_ok=True)
            before = file.read_text("utf-8") + "\n" if block.appends else ""
            file.write_text(before + block.text, "utf-8")
    assert compared >= 15  # the page is read as it is meant


def test_python_on_the_page_about_adoption_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("data").mkdir()
    for block in blocks(DOCS / "adopt.md"):
        if block.language == "csv":
            Path("data", block.file).write_text(block.text, "utf-8")
        elif block.language == "toml":
            Path("town.toml").write_text(block.text, "utf-8")
        elif block.language == "python":
            exec(block.text, {})  # noqa: S102  the page's own words
    assert "people.csv" in capsys.readouterr().out
    assert (tmp_path / "instances" / "town" / "instance.toml").exists()


def options() -> dict[str, set[str]]:
    """Return the options of each command, by its words."""

    def walk(command, words: tuple[str, ...]) -> Iterator[tuple[str, set[str]]]:
        yield (
            " ".join(words),
            {o for p in command.params for o in [*p.opts, *p.secondary_opts]} | {"--help"},
        )
        for name, inner in getattr(command, "commands", {}).items():
            yield from walk(inner, (*words, name))

    return dict(walk(typer.main.get_command(app), ()))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_pages_name_commands_and_options_that_exist(page: Path) -> None:
    known = options()
    text = page.read_text("utf-8")
    for command, rest in re.findall(
        r"\bsiting ((?:(?:adopt|explain|review) )?[a-z]+)([^`|\n]*)", text
    ):
        assert command in known
        assert set(OPTION.findall(rest)) <= known[command], f"siting {command}{rest}"
    assert set(OPTION.findall(text)) <= set().union(*known.values())


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    text = re.sub(r"```.*?```", "", page.read_text("utf-8"), flags=re.DOTALL)
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if "://" in target:
            continue
        file, _, anchor = target.partition("#")
        found = (page.parent / file).resolve() if file else page
        assert found.exists(), target
        if anchor:
            headings = re.findall(r"^#+ (.+)$", found.read_text("utf-8"), flags=re.MULTILINE)
            assert anchor in {slug(heading) for heading in headings}, target


def slug(heading: str) -> str:
    return re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-")


@pytest.mark.parametrize(("language", "name"), [("en", ""), ("zh", ".zh")])
def test_the_data_dictionary_is_as_declared(language: str, name: str) -> None:
    stored = (DOCS / f"data-dictionary{name}.md").read_text("utf-8")
    assert stored == data_dictionary(language), "run python -m siting.instance.dictionary docs"


def test_the_examples_are_written_by_one_command() -> None:
    page = (DOCS / "examples.md").read_text("utf-8")
    for town in ("Tiny", "Xicheng", "Baltimore", "Helsinki", "Porto Alegre"):
        assert f"\n## {town}" in page
    assert "Not run" not in page
    script = ROOT / "benchmarks" / "examples.py"
    assert f"python {script.relative_to(ROOT)}" in page
    done = subprocess.run(  # noqa: S603
        [sys.executable, str(script), "--help"], capture_output=True, text=True, check=True
    )
    assert {"--data", "--out"} <= set(done.stdout.split())
