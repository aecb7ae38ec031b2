"""Whether services, modules, buildings and eligibility make sense together."""

from __future__ import annotations

import numpy as np
import pandas as pd

from siting.errors import Finding
from siting.instance.cells import one_of
from siting.instance.given import Given, GivenTable, plain_number, shown
from siting.instance.instance import KEEP
from siting.instance.tables import Column

_ORDERED = ("at_least", "at_most")


def find_errors(given: Given) -> list[Finding]:
    """Return what no plan can be made with."""
    return [
        *_no_groups(given),
        *_reserved_module(given),
        *_without_capacity(given, "modules"),
        *_without_capacity(given, "facilities"),
        *_without_capacity(given, "outputs"),
        *find_foreign_modules(given, given["suitability"]),
        *find_foreign_modules(given, given["links"]),
        *_condition_fields(given, "suitability"),
        *_condition_values(given, "suitability"),
        *_condition_fields(given, "preferences"),
        *_condition_values(given, "preferences"),
        *_same_service_twice(given),
    ]


def _no_groups(given: Given) -> list[Finding]:
    demand = given["demand"]
    if not len(demand) or given.known("demand.people_*"):
        return []
    return [demand.about("people_*", "column is missing", "one for each group of people")]


def _reserved_module(given: Given) -> list[Finding]:
    modules = given["modules"]
    bad = modules.frame["module_id"].eq(KEEP).to_numpy(bool)
    return modules.findings(bad, "module_id", "is reserved for keeping a facility as it is")


def _kinds(given: Given) -> dict[str, str]:
    services = given["services"].frame
    return dict(zip(services["service_id"], services["kind"], strict=True))


def _without_capacity(given: Given, name: str) -> list[Finding]:
    table, kinds = given[name], _kinds(given)
    service = table.frame["service_id"]
    limited = service.map(kinds).eq("capacity") & table.frame["capacity"].isna()
    return table.findings(
        limited.to_numpy(bool),
        "capacity",
        "must be filled",
        lambda i: f'"{service.iloc[i]}" is of kind capacity',
    )


def find_foreign_modules(given: Given, table: GivenTable) -> list[Finding]:
    """Return the rows of `table` whose module belongs to another service than they name."""
    modules = given["modules"].frame
    service_of = dict(zip(modules["module_id"], modules["service_id"], strict=True))
    service, owner = table.frame["service_id"], table.frame["module_id"].map(service_of)
    known = service.isin(given.known("services.service_id"))
    return table.findings(
        (known & owner.notna() & service.ne(owner)).to_numpy(bool),
        "module_id",
        lambda i: f'must be a module of "{service.iloc[i]}"',
        lambda i: f'it is one of "{owner.iloc[i]}"',
    )


def _field(given: Given, name: object) -> Column | None:
    return given["buildings"].declared.column(name) if isinstance(name, str) else None


def _condition_fields(given: Given, name: str) -> list[Finding]:
    table = given[name]
    fields = [_field(given, name) for name in table.frame["field"]]
    textual = np.array(
        [f is not None and f.type not in {"number", "integer"} for f in fields], bool
    )
    return table.findings(
        table.frame["comparison"].isin(_ORDERED).to_numpy() & textual,
        "field",
        "must be a column of numbers to be at_least or at_most",
    )


def _condition_values(given: Given, name: str) -> list[Finding]:
    table = given[name]
    values = table.frame["value"]
    rules = [
        _value_rule(_field(given, name), str(comparison), str(value))
        for name, comparison, value in zip(
            table.frame["field"], table.frame["comparison"], values, strict=True
        )
    ]
    bad = values.notna().to_numpy() & np.array([bool(rule) for rule in rules], bool)
    return table.findings(bad, "value", lambda i: rules[i])


def _value_rule(field: Column | None, comparison: str, value: str) -> str:
    """Return the rule that the value of a condition breaks, empty for none."""
    parts = [p.strip() for p in value.split("|")] if comparison == "one_of" else [value]
    numeric = comparison in _ORDERED or (field is not None and field.type in {"number", "integer"})
    if numeric:
        return "" if all(_is_number(p) for p in parts) else "must be a number"
    if field is None:
        return ""
    if field.type == "boolean":
        return "" if set(parts) <= {"true", "false"} else "must be true or false"
    known = set(field.choices)
    return f"must be {one_of(field.choices)}" if known and not set(parts) <= known else ""


def _is_number(text: str) -> bool:
    try:
        return bool(np.isfinite(float(text)))
    except ValueError:
        return False


def _same_service_twice(given: Given) -> list[Finding]:
    """Keeping is one conversion per building and service, so two cannot be told apart."""
    facilities = given["facilities"]
    pairs = facilities.frame[["building_id", "service_id"]].dropna()
    first = (
        pairs.assign(row=facilities.rows[pairs.index])
        .groupby(["building_id", "service_id"])["row"]
        .transform("first")
    )
    repeated = np.zeros(len(facilities), bool)
    repeated[pairs.index] = pairs.duplicated()
    return facilities.findings(
        repeated,
        "building_id",
        "one facility of a service may change in a building",
        lambda i: f"also row {first[i]}",
    )


def find_unneeded(given: Given) -> list[Finding]:
    """Return the services that nobody needs, unless a minimum, a target or a link asks for them."""
    services, demand = given["services"], given["demand"].frame
    needs = given["needs"].frame
    people = needs["group"].map(lambda group: float(demand[f"people_{group}"].sum()))
    need = (people * needs["need_per_person"]).groupby(needs["service_id"]).sum()
    asked = {m.service_id for m in given.settings.minimum_per_zone} if given.settings else set()
    asked |= {*given.column("targets", "service_id"), *given.column("links", "hub_service_id")}
    ids = services.frame["service_id"]
    bad = ids.map(need).fillna(0.0).eq(0) & ~ids.isin(asked)
    return services.findings(
        bad.to_numpy(), "service_id", "nobody needs this service", severity="warning"
    )


def find_without_module(given: Given) -> list[Finding]:
    """Return the services that cannot grow."""
    services = given["services"]
    offered = [*given.column("modules", "service_id"), *given.column("outputs", "service_id")]
    bad = ~services.frame["service_id"].isin(offered)
    return services.findings(
        bad.to_numpy(), "service_id", "has no module, so it cannot grow", severity="warning"
    )


def find_too_large(given: Given) -> list[Finding]:
    """Return the modules that are larger than every building."""
    modules = given["modules"]
    largest = given.column("buildings", "floor_area_m2").max()
    return modules.findings(
        (modules.frame["floor_area_m2"] > largest).to_numpy(),
        "floor_area_m2",
        "is larger than every building",
        f"the largest has {plain_number(largest)}",
        severity="warning",
    )


def find_unmatched_classes(given: Given) -> list[Finding]:
    """Return classes of building that eligibility does not list, and the reverse."""
    buildings, eligibility = given["buildings"], given["eligibility"]
    classes, listed = buildings.frame["class"], eligibility.frame["class"]
    return [
        *_by_value(buildings, ~classes.isin(listed), "eligibility does not list this class"),
        *_by_value(eligibility, ~listed.isin(classes), "no building is of this class"),
    ]


def _by_value(table: GivenTable, bad: pd.Series, rule: str) -> list[Finding]:
    """Return one finding per class in the rows marked `bad`."""
    return [
        table.about(
            "class",
            rule,
            f"in {len(rows)} rows" if len(rows) > 1 else "",
            row=int(table.rows[rows.index[0]]),
            value=shown(name),
            severity="warning",
        )
        for name, rows in table.frame[bad].groupby("class", sort=False)
    ]


def find_bought_and_rented(given: Given) -> list[Finding]:
    """Return the buildings that would be paid for twice."""
    buildings = given["buildings"]
    frame = buildings.frame
    return buildings.findings(
        ((frame["acquisition_cost"] > 0) & (frame["yearly_rent_per_m2"] > 0)).to_numpy(),
        "yearly_rent_per_m2",
        "is paid on top of acquisition_cost",
        "give one, unless both are due",
        severity="warning",
    )


def find_crowded_facilities(given: Given) -> list[Finding]:
    """Return the facilities whose building cannot hold all that stand in it."""
    facilities, buildings = given["facilities"], given["buildings"].frame
    area = dict(zip(buildings["building_id"], buildings["floor_area_m2"], strict=True))
    frame = facilities.frame
    taken = frame.groupby("building_id")["floor_area_m2"].transform("sum")
    available = frame["building_id"].map(area)
    return facilities.findings(
        (taken > available).to_numpy(),
        "floor_area_m2",
        lambda i: f'facilities in "{frame["building_id"].iloc[i]}" take more than its floor area',
        lambda i: f"{plain_number(taken.iloc[i])} of {plain_number(available.iloc[i])}",
        severity="warning",
    )
