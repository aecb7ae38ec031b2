"""Where every site stands after an import, for people and as plain values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from rich import box
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from siting.report.labels import Lang, in_lang, place_names, service_names
from siting.review.checking import says
from siting.review.importing import Imported
from siting.review.run import ReviewedRun
from siting.review.standing import STATES, Standing, State
from siting.review.verdicts import Verdict

_COLOURS = {
    State.ADMISSIBLE: "green",
    State.COMMITTED: "green",
    State.OPEN: "yellow",
    State.REJECTED: "red",
    State.OTHER: "red",
}
_AGREED = (State.ADMISSIBLE, State.COMMITTED)


@dataclass(frozen=True, kw_only=True)
class SiteStands:
    """One use of a building, and where it stands."""

    standing: Standing
    chosen: bool


def sites_now(run: ReviewedRun, held: Sequence[Standing]) -> tuple[SiteStands, ...]:
    """Return every site that the plan newly opens, then all others on which there is a verdict."""
    known = {(s.building_id, s.service_id): s for s in held}
    chosen = run.solution.chosen
    new = chosen[chosen["status"] == "new"][["building_id", "service_id"]].drop_duplicates()
    opened = [(str(b), str(s)) for b, s in new.itertuples(index=False)]
    silent = {
        use: Standing(
            building_id=use[0],
            service_id=use[1],
            state=State.OPEN,
            verdicts=(),
            waiting_for=run.departments,
        )
        for use in opened
    }
    return (
        *(SiteStands(standing=known.get(use, silent[use]), chosen=True) for use in opened),
        *(SiteStands(standing=s, chosen=False) for use, s in known.items() if use not in silent),
    )


def agreed(sites: Sequence[SiteStands]) -> bool:
    """Whether every site that the plan opens is admissible or approved as a project."""
    return all(site.standing.state in _AGREED for site in sites if site.chosen)


def import_values(run: ReviewedRun, imported: Imported, file: str) -> dict[str, Any]:
    """Return what an import brought as plain values."""
    sites = sites_now(run, imported.standings)
    return {
        "run": run.run_id,
        "round": run.round.number,
        "file": file,
        "verdicts": len(imported.verdicts),
        "recorded": len(imported.recorded),
        "agreement": agreed(sites),
        "sites": [_site_values(site) for site in sites],
        "scenario": imported.scenario,
        "written": [str(path) for path in imported.written],
        "findings": [finding.as_dict() for finding in imported.findings],
    }


def _site_values(site: SiteStands) -> dict[str, Any]:
    standing = site.standing
    return {
        "building_id": standing.building_id,
        "service_id": standing.service_id,
        "chosen": site.chosen,
        "state": standing.state.value,
        "departments": {
            v.department: "commit" if v.decision is None else v.decision.value
            for v in standing.verdicts
        },
        "waiting_for": list(standing.waiting_for),
        "extra_cost": standing.extra_cost,
        "delay_years": standing.delay_years,
        "max_area_m2": standing.max_area_m2,
        "condition": standing.condition,
        "proposed_uses": list(standing.proposed_uses),
    }


def import_summary(run: ReviewedRun, imported: Imported, lang: Lang) -> RenderableType:
    """Return where every site stands: who said what, its state, and who is still waited for."""
    sites = sites_now(run, imported.standings)
    services, places = service_names(run.results.instance, lang), place_names(run.instance)
    headings = (
        ("Building", "建筑"), ("Name", "名称"), ("Service", "服务"), ("Verdicts", "审查意见"),
        ("State", "状态"), ("Still waited for", "尚待"),
    )  # fmt: skip
    table = Table(box=box.SIMPLE_HEAD, header_style="bold", pad_edge=False)
    for heading in headings:
        table.add_column(in_lang(lang, *heading), overflow="fold")
    for site in sites:
        standing = site.standing
        state = in_lang(lang, *STATES[standing.state])
        table.add_row(
            standing.building_id,
            Text(places.get(standing.building_id, "")),
            services.get(standing.service_id, standing.service_id),
            Text("\n".join(_said(verdict, lang) for verdict in standing.verdicts)),
            Text(state, style=_COLOURS[standing.state]),
            Text(_waiting(standing, lang)),
        )
    return Group(table, Text(_outcome(sites, imported, lang)))


def _said(verdict: Verdict, lang: Lang) -> str:
    said = says(verdict)
    decision = said if isinstance(said, str) else in_lang(lang, *said)
    return in_lang(lang, ": ", "：").join(filter(None, [verdict.department, decision]))


def _waiting(standing: Standing, lang: Lang) -> str:
    if standing.state != State.OPEN:
        return ""
    anybody = in_lang(lang, "a verdict", "意见") if not standing.verdicts else ""
    return in_lang(lang, ", ", "、").join(standing.waiting_for) or anybody


def _outcome(sites: Sequence[SiteStands], imported: Imported, lang: Lang) -> str:
    count, new = len(imported.verdicts), len(imported.recorded)
    still = sum(site.standing.state not in _AGREED for site in sites if site.chosen)
    known = "" if new == count else in_lang(lang, f" ({new} of them new)", f"（其中新增 {new} 条）")
    agreement = (
        in_lang(lang, "Agreement: every chosen site may open.", "已达成一致：所选场所均可实施。")
        if not still
        else in_lang(
            lang,
            f"{still} of the chosen sites not agreed on.",
            f"所选场所中 {still} 处尚未达成一致。",
        )
    )
    return in_lang(lang, f"{count} verdicts{known}. ", f"共 {count} 条意见{known}。") + agreement
