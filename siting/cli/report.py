"""Command `report`: the tables, map and workbook of a run that was kept without them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from siting.caching import user_folder
from siting.cli.instances import DatumOption, JsonOption, Language, LanguageOption
from siting.cli.plans import ROOT, UNVERIFIED
from siting.cli.screen import out, print_json, show_findings, stages


def report(
    run: Annotated[str, typer.Argument(help="A run's folder or id.", show_default=False)],
    instance: Annotated[
        Path | None, typer.Option(help="The instance, where it is not where it was.")
    ] = None,
    datum: DatumOption = "",
    lang: LanguageOption = Language.EN,
    json: JsonOption = False,
) -> None:
    """Write the tables, map and workbook that a run lacks; what is there is left as it is."""
    from siting import store
    from siting.explain.kept_runs import instance_of_run, plan_of_run
    from siting.report import run_files

    with stages() as shown:
        folder = store.find_run(run, ROOT)
        solution, values = store.load_run(folder)
        path = instance or Path(values["instance_path"])
        town = instance_of_run(solution, path, datum=datum)
        shown.status.update("re-computing every rule and score ...")
        made = plan_of_run(town, solution, cache_dir=user_folder())
        verified = made.verification.passed
        files, added = {}, []
        if verified:
            shown.status.update("writing tables, map and workbook ...")
            files = run_files(
                made.instance,
                made.travel,
                solution,
                made.service_today,
                made.verification,
                lang.value,
                afterwards=made.afterwards,
                model=made.model,
            )
            added = store.add_files(folder, files)
    kept = [name for name in files if name not in added]
    findings = list(made.verification.findings)
    if json:
        print_json(
            {
                "solution_dir": str(folder),
                "verified": verified,
                "findings": [finding.as_dict() for finding in findings],
                "written": added,
                "kept": kept,
            }
        )
    else:
        show_findings(findings)
        for line in _said(folder, added, kept, len(made.verification.checks), lang, verified):
            out.print(line, markup=False, highlight=False)
    if not verified:
        raise typer.Exit(UNVERIFIED)


def _said(  # noqa: PLR0917
    folder: Path, added: list[str], kept: list[str], checks: int, lang: Language, verified: bool
) -> list[str]:
    chinese = lang == Language.ZH
    if not verified:
        failed = (
            "校验未通过，未写入任何文件" if chinese else "FAILED verification, nothing is written"
        )
        return [f"{folder}: {failed}"]
    lines = [f"全部 {checks} 项校验通过" if chinese else f"all {checks} checks passed"]
    if added:
        lines.append(f"{'已写入' if chinese else 'written'}: {', '.join(added)}")
    if kept:
        lines.append(f"{'已有，保留' if chinese else 'there already'}: {', '.join(kept)}")
    return [f"{folder}", *lines]
