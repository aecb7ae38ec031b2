"""What conversions cost, in exact decimals of the table's figures."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import ROUND_FLOOR, Decimal
from typing import Any

from siting.instance.settings import Settings
from siting.verification.conversions import Conversion, is_known

_HALF_UP = Decimal("0.500001")
"""A half, and the millionth by which an amount may miss it and still count as a half."""


@dataclass(frozen=True, kw_only=True)
class Price:
    """Cost of one conversion, in the smallest unit of money.

    `acquisition` is the part of the building's price that the agency is charged; `yearly` is
    outside the capital.
    """

    works: int = 0
    equipment: int = 0
    acquisition: int = 0
    rent: int = 0
    yearly: int = 0

    @property
    def cost(self) -> int:
        """Capital: all but the running cost."""
        return self.works + self.equipment + self.acquisition + self.rent


def exact(value: Any) -> Decimal:
    """Return a table's figure as the decimal it was written as; 0 where it is empty."""
    return Decimal(repr(float(value))) if is_known(value) else Decimal(0)


def in_grid(amount: Decimal, settings: Settings) -> int:
    """Return an amount in the smallest unit of money, halves up."""
    scaled = amount.scaleb(settings.money.decimals)
    return int((scaled + _HALF_UP).to_integral_value(ROUND_FLOOR))


def in_words(grains: int, settings: Settings) -> str:
    """Return an amount of smallest units as people read it: ``1,320.50 万元``."""
    amount = Decimal(grains).scaleb(-settings.money.decimals)
    return f"{amount:,f} {settings.money.unit}"


def purchases(conversions: Iterable[Conversion], settings: Settings) -> dict[str, int]:
    """Return what is paid for each building that the plan buys, in the smallest unit.

    A building is bought when something new is put into it and nothing is committed there.
    """
    conversions = list(conversions)
    paid_already = {c.building_id for c in conversions if c.status == "committed"}
    return {
        c.building_id: in_grid(exact(c.building["acquisition_cost"]), settings)
        for c in conversions
        if c.status == "new" and c.building_id not in paid_already
    }


def price_of(conversion: Conversion, settings: Settings, *, bought: bool) -> Price:
    """Return what a conversion costs; `bought` says whether its building is paid for."""
    if conversion.status == "keep":
        return Price()
    module, building, terms = conversion.module, conversion.building, conversion.terms
    yearly = in_grid(exact(module["yearly_cost"]), settings)
    if conversion.status == "committed":
        return Price(yearly=yearly)
    area = exact(module["floor_area_m2"])
    factor, extra = (
        (exact(terms["cost_factor"]), exact(terms["extra_works_per_m2"]))
        if terms
        else (Decimal(1), Decimal(0))
    )
    share = exact(building["acquisition_cost"]) * area / exact(building["floor_area_m2"])
    rent = exact(building["yearly_rent_per_m2"]) * area * settings.plan.years
    return Price(
        works=in_grid(exact(module["works_cost"]) * factor + extra * area, settings),
        equipment=in_grid(exact(module["equipment_cost"]), settings),
        acquisition=in_grid(share, settings) if bought else 0,
        rent=in_grid(rent, settings),
        yearly=yearly,
    )
