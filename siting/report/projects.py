"""The list of projects in the form of the plans' annex."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

import pandas as pd

from siting.instance.instance import Instance
from siting.report.balance import of_services
from siting.report.labels import Lang, money, share, unit_name, whole
from siting.solution import Solution

RowKind = Literal["agency", "project", "unallocated", "total"]

COLUMNS = (
    "row", "seq", "project", "agency", "location", "investment", "content", "benefit",
    "building_id", "service_id", "year", "until", "mode", "private_cost",
)  # fmt: skip

_NUMERALS = "〇一二三四五六七八九十"


def projects_table(
    instance: Instance, solution: Solution, chosen: pd.DataFrame, lang: Lang = "en"
) -> pd.DataFrame:
    """Return the projects by agency, each agency headed by its subtotal, and the grand total.

    Parameters
    ----------
    chosen
        The table of `siting.report.tables.chosen_table`.

    Returns
    -------
    pandas.DataFrame
        `COLUMNS`; ``row`` is ``agency`` (heading and subtotal), ``project``, ``unallocated``
        (the part of acquisitions that no agency is charged with) or ``total``. ``investment`` is
        capital in the instance's money unit; its projects add up to the subtotals and, with the
        unallocated part, to the total. Facilities that are kept are no projects. ``year`` is that
        of the opening; ``private_cost`` is what providers pay beside, in no sum of investment. A
        plan that decides each year has a column ``spent_<year>`` for each: works and equipment
        when a project opens, prices when they are paid, rent while it is open. What committed
        projects were paid for before is in no year.
    """
    decimals = instance.settings.money.decimals
    yearly = spent_columns(instance)
    projects = chosen[chosen["status"] != "keep"]
    projects = projects.assign(**_spent_by_year(instance, solution, projects))
    ranks = of_services(instance, "rank")
    order = projects["service_id"].map(ranks).groupby(projects["agency"]).min().sort_values()
    services = {str(s["service_id"]): s for s in instance.services.to_dict("records")}
    rows: list[dict[str, object]] = []
    for number, agency in enumerate(order.index, start=1):
        own = projects[projects["agency"] == agency]
        own = own.assign(rank=own["service_id"].map(ranks))
        own = own.sort_values(["rank", "year", "site", "service_id"], kind="stable")
        rows.append(
            {
                "row": "agency",
                "seq": _numeral(number, lang),
                "project": _heading(str(agency), len(own), lang),
                "agency": agency,
                "investment": round(float(own["cost"].sum()), decimals),
                "private_cost": round(float(own["private_cost"].sum()), decimals),
                **{name: round(amount, decimals) for name, amount in _sums(own, yearly).items()},
            }
        )
        for seq, site in enumerate(own.to_dict("records"), start=1):
            rows.append({"row": "project", "seq": str(seq), **_project(instance, site, lang)})
            rows[-1] |= {name: round(float(site[name]), decimals) for name in yearly}
            rows[-1]["benefit"] = _benefit(site, services[site["service_id"]], lang)
    unallocated = round(float(solution.cost.get("unallocated", 0.0)), decimals)
    left_over = _unallocated_by_year(instance, solution)
    if unallocated > 0:
        rows.append(
            {
                "row": "unallocated",
                "project": "房屋取得费中未分摊部分"
                if lang == "zh"
                else "Acquisition not charged to any agency",
                "investment": unallocated,
                "content": "已购建筑中未使用面积对应的取得费"
                if lang == "zh"
                else "price of floor area that is bought but not used",
                **{name: round(amount, decimals) for name, amount in left_over.items()},
            }
        )
    rows.append(
        {
            "row": "total",
            "project": "合计" if lang == "zh" else "Total",
            "investment": round(float(solution.cost.get("total", 0.0)), decimals),
            "private_cost": round(float(projects["private_cost"].sum()), decimals),
            **{
                name: round(amount + left_over[name], decimals)
                for name, amount in _sums(projects, yearly).items()
            },
        }
    )
    columns = [*COLUMNS, *yearly]
    empty = dict.fromkeys(columns, "")
    return pd.DataFrame([{**empty, **row} for row in rows], columns=columns)


def spent_columns(instance: Instance) -> list[str]:
    """Return the columns of the money of each year; none where the plan is one period."""
    return [f"spent_{year}" for year in instance.years] if instance.settings.plan.yearly else []


def _spent_by_year(
    instance: Instance, solution: Solution, projects: pd.DataFrame
) -> dict[str, pd.Series[Any]]:
    """Return what each project is charged with in each year, by column."""
    if not instance.settings.plan.yearly:
        return {}
    bought = solution.acquisitions[["building_id", "mode", "year"]]
    paid = projects[["building_id", "mode"]].merge(
        bought, on=["building_id", "mode"], how="left", validate="many_to_one"
    )
    paid_in = pd.Series(paid["year"].to_numpy(), projects.index)
    until = projects["until"].clip(upper=instance.years[-1])
    rent = projects["rent_cost"].astype(float) / (until - projects["year"] + 1).astype(float)
    built = (projects["works_cost"] + projects["equipment_cost"]).astype(float)
    built = built.where(projects["status"] == "new", 0.0)
    price = projects["acquisition_cost"].astype(float)
    return {
        f"spent_{year}": built.where(projects["year"] == year, 0.0)
        + rent.where((projects["year"] <= year) & (year <= until), 0.0)
        + price.where(paid_in == year, 0.0)
        for year in instance.years
    }


def _unallocated_by_year(instance: Instance, solution: Solution) -> dict[str, float]:
    if not instance.settings.plan.yearly:
        return {}
    bought = solution.acquisitions
    return {
        f"spent_{year}": float(bought.loc[bought["year"] == year, "unallocated"].sum())
        for year in instance.years
    }


def _sums(projects: pd.DataFrame, columns: list[str]) -> dict[str, float]:
    return {name: float(projects[name].sum()) for name in columns}


def _project(instance: Instance, site: Mapping[str, Any], lang: Lang) -> dict[str, object]:
    s, plan = instance.settings.money, instance.settings.plan
    last = instance.years[-1]
    years = int(min(site["until"], last) - site["year"] + 1) if plan.yearly else plan.years
    ends = plan.yearly and site["until"] < last
    dated = {"year": int(site["year"]), "until": int(min(site["until"], last))}
    common = {
        "agency": site["agency"],
        "investment": float(site["cost"]),
        "building_id": site["building_id"],
        "service_id": site["service_id"],
        "mode": site["mode"],
        "private_cost": float(site["private_cost"]),
        **(dated if plan.yearly else {}),
    }
    area, unit = whole(site["floor_area_m2"]), unit_name(site["unit"], lang)
    room = None if pd.isna(site["capacity"]) else whole(float(site["capacity"]))
    where = site["address"] or site["name"]
    parts = {
        "工程费" if lang == "zh" else "works": site["works_cost"],
        "设备费" if lang == "zh" else "equipment": site["equipment_cost"],
        "取得费" if lang == "zh" else "acquisition": site["acquisition_cost"],
        f"{years}年租金" if lang == "zh" else f"rent of {years} year{'s' * (years != 1)}": site[
            "rent_cost"
        ],
    }
    paid = [(name, money(float(cost), s.decimals)) for name, cost in parts.items() if cost > 0]
    if lang == "zh":
        content = f"改造建筑面积{area}平方米" + (f"，容量{room}{unit}" if room else "")
        content += f"（模块{site['module_id']}）"
        content += "；其中" + "、".join(f"{n}{c}{s.unit}" for n, c in paid) if paid else ""
        content += "；已定项目，费用已落实" if site["status"] == "committed" else ""
        content += "；用途须审批" if site["needs_approval"] else ""
        content += f"；使用至{site['until']}年" if ends else ""
        return common | {
            "project": f"{site['name']}改建{site['service']}项目",
            "location": f"{site['zone']}，{where}（图中{site['site']}号）",
            "content": content + "。",
        }
    content = f"Converts {area} m²" + (f" for {room} {unit}" if room else "")
    content += f" (module {site['module_id']})"
    content += "; of which " + ", ".join(f"{n} {c}" for n, c in paid) if paid else ""
    content += "; committed and paid" if site["status"] == "committed" else ""
    content += "; change of use needs approval" if site["needs_approval"] else ""
    content += f"; open until {site['until']}" if ends else ""
    return common | {
        "project": f"{site['name']}: conversion to {site['service'].lower()}",
        "location": f"{where}, {site['zone']} (site {site['site']} on the map)",
        "content": content + ".",
    }


def _benefit(site: Mapping[str, Any], service: Mapping[str, Any], lang: Lang) -> str:
    served, unit = whole(site["served"]), unit_name(site["unit"], lang)
    used, new = float(site["utilisation"]), float(site["people_new"])
    minutes = f"{service['standard_min']:g}"
    if lang == "zh":
        text = f"可服务{served}{unit}" + ("" if pd.isna(used) else f"，使用率{share(used)}")
        if new > 0:
            return f"{text}；新增{whole(new)}人纳入{minutes}分钟服务范围。"
        return f"{text}；为已在{minutes}分钟服务范围内的居民增加容量。"
    text = f"Serves {served} {unit}" + (
        "" if pd.isna(used) else f" ({share(used)} of its capacity)"
    )
    if new > 0:
        return f"{text}; brings {whole(new)} more people within {minutes} minutes."
    return f"{text}; adds capacity for people already within {minutes} minutes of a place."


def _heading(agency: str, count: int, lang: Lang) -> str:
    if lang == "zh":
        return f"{agency}（{count}项）小计"
    return f"{agency}: subtotal of {count} project" + ("" if count == 1 else "s")


def _numeral(number: int, lang: Lang) -> str:
    """Return the number of a heading: 一, 二 ... 十一 in Chinese."""
    if lang == "en" or number >= len(_NUMERALS) ** 2:
        return f"{number}."
    tens, ones = divmod(number, 10)
    text = ("" if tens == 1 else _NUMERALS[tens]) + "十" if tens else ""
    return text + (_NUMERALS[ones] if ones else "")
