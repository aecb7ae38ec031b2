"""Attendance areas as people read them."""

from __future__ import annotations

import pandas as pd

from siting.instance.instance import Instance
from siting.report.labels import Lang, in_lang, percent_up, place_names, service_names, zone_names

MISFITS = {
    "not_in_reach": (
        "no open school is within the standard of everybody here",
        "没有一所学校能使全部居民在标准时间内到达",
    ),
    "other_zone": ("the schools in reach are in another zone", "可达学校位于其他学区"),
    "too_large": (
        "more children than two schools in reach hold",
        "学生数超过可达范围内两所学校的容量",
    ),
    "no_room": ("the schools in reach are filled by others", "可达学校已由其他社区占满"),
}
"""Why an area cannot be assigned whole, in both languages."""

_COLUMNS = [
    "service_id", "service", "area", "area_name", "need", "place_id", "place", "pupils",
    "area_share", "minutes", "capacity", "load", "ratio", "reason", "text",
]  # fmt: skip


def attendance_table(
    instance: Instance, attendance: pd.DataFrame, lang: Lang = "en"
) -> pd.DataFrame:
    """Return attendance areas with names, those that cannot be assigned first."""
    if attendance.empty:
        return pd.DataFrame(columns=_COLUMNS)
    zones, places = zone_names(instance, lang), place_names(instance)
    texts = {reason: in_lang(lang, *words) for reason, words in MISFITS.items()}
    table = attendance.assign(
        service=attendance["service_id"].map(service_names(instance, lang)),
        area_name=[zones.get(area, area) for area in attendance["area"]],
        place=[places.get(place, "") for place in attendance["place_id"]],
        area_share=attendance["pupils"] / attendance["need"],
        ratio=attendance["load"] / attendance["capacity"],
        text=[texts.get(reason, "") for reason in attendance["reason"]],
        misfit=attendance["reason"] == "",
    )
    order = ["service_id", "misfit", "area", "place_id"]
    return table.sort_values(order, ignore_index=True)[_COLUMNS]


def attendance_notes(
    instance: Instance, attendance: pd.DataFrame, lang: Lang = "en"
) -> list[tuple[str, str]]:
    """Return for each service how much is assigned whole, and how far that is proven."""
    names = service_names(instance, lang)
    notes = []
    for service_id, own in attendance.groupby("service_id", sort=False):
        areas = own.drop_duplicates("area")
        fits = areas[areas["reason"] == ""]
        need = float(areas["need"].sum())
        done, gap = float(fits["need"].sum()) / need if need else 1.0, own["gap"].iloc[0]
        proven = (
            in_lang(lang, "how much more is possible is not known", "可改进余地未知")
            if pd.isna(gap)
            else in_lang(
                lang, f"at most {percent_up(gap)} more is possible", f"至多再增加{percent_up(gap)}"
            )
        )
        notes.append(
            (
                names[str(service_id)],
                in_lang(
                    lang,
                    f"{len(fits)} of {len(areas)} communities whole at one or two schools, "
                    f"{done:.1%} of need; {proven}",
                    f"{len(areas)}个社区中{len(fits)}个可整体划入一至两所学校，"
                    f"占需求{done:.1%}；{proven}",
                ),
            )
        )
    return notes
