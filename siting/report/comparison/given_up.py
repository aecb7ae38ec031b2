"""What is gained where some of the need served is given up, in words, tables and a picture."""

from __future__ import annotations

import pandas as pd

from siting.report.comparison.beside import plain_rows
from siting.report.comparison.folder import Further
from siting.report.comparison.nearness_picture import draw_nearness
from siting.report.comparison.summary import Section
from siting.report.labels import Lang, in_lang, share


def equity_told(rows: pd.DataFrame, lang: Lang) -> Further:
    """Return what the worst-served zone gains where some of the need served is given up."""
    lines = []
    for row in rows.itertuples(index=False):
        served, worst = share(row.objective), share(row.worst_share)
        most = "" if pd.isna(row.worst_bound) else share(row.worst_bound)
        lines.append(
            in_lang(
                lang,
                f"At most {share(row.give_up)} of what is served given up: {served} served; the "
                f"worst-served zone gets {worst} of what it could"
                + (f" (no such plan gives it more than {most})." if most else "."),
                f"至多让出服务量的{share(row.give_up)}：服务率{served}；最差分区达到其可达量的{worst}"
                + (f"（此类方案不超过{most}）。" if most else "。"),
            )
        )
    title = in_lang(lang, "For the worst-served zone", "提升服务最差的分区")
    return Further(
        sections=[Section(title=title, lines=lines)],
        tables={"equity_tradeoff": rows},
        values={"equity_tradeoff": plain_rows(rows)},
    )


def nearness_told(rows: pd.DataFrame, lang: Lang) -> Further:
    """Return how much less people walk where some of the need served is given up."""
    lines = []
    for row in rows.itertuples(index=False):
        served, all_min = share(row.objective), _minutes(row.walk_min)
        least = "" if pd.isna(row.walk_bound_min) else _minutes(row.walk_bound_min, up=False)
        lines.append(
            in_lang(
                lang,
                f"At most {share(row.give_up)} of what is served given up: {served} served; a mean "
                f"walk of {all_min} min, those not served with the longest way that counts"
                + (f" (no such plan is below {least})" if least else "")
                + f"; {_minutes(row.served_walk_min)} min among those served.",
                f"至多让出服务量的{share(row.give_up)}：服务率{served}；平均步行{all_min}分钟"
                "（未获服务者按标准上限计）"
                + (f"，此类方案不低于{least}分钟" if least else "")
                + f"；获服务者平均{_minutes(row.served_walk_min)}分钟。",
            )
        )
    title = in_lang(lang, "Need served against walking", "服务量与步行距离的取舍")
    return Further(
        sections=[Section(title=title, lines=lines)],
        tables={"walking_tradeoff": rows},
        values={"walking_tradeoff": plain_rows(rows)},
        pictures={"walking": lambda comparison: draw_nearness(comparison, rows, lang)},
    )


def _minutes(minutes: float, *, up: bool = True) -> str:
    """Return minutes with two decimals, a bound rounded down so that it stays one."""
    if pd.isna(minutes):
        return "–"
    return f"{minutes:.2f}" if up else f"{int(minutes * 100 + 1e-6) / 100:.2f}"
