"""What conversions cost, in exact decimals of the table's figures."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import ROUND_FLOOR, Decimal
from typing import Any

from siting.instance.settings import Settings
from siting.verification.conversions import Conversion, is_known, number, text

_HALF_UP = Decimal("0.500001")
"""A half, and the millionth by which an amount may miss it and still count as a half."""


@dataclass(frozen=True, kw_only=True)
class Price:
    """Cost of one conversion to the district, in the smallest unit of money.

    `acquisition` is the part of the building's price that the agency is charged; `rent` is of all
    its years, `yearly_rent` of one; `yearly` is outside the capital; `private` is what the
    provider pays of works, equipment and rent.
    """

    works: int = 0
    equipment: int = 0
    acquisition: int = 0
    rent: int = 0
    yearly: int = 0
    yearly_rent: int = 0
    private: int = 0

    @property
    def cost(self) -> int:
        """Capital: all but the running cost."""
        return self.works + self.equipment + self.acquisition + self.rent


@dataclass(frozen=True, kw_only=True)
class Purchase:
    """What is paid once for a building, in the smallest unit of money, and how and when."""

    building_id: str
    mode: str
    year: int
    price: int
    land_m2: float


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


def purchases(conversions: Iterable[Conversion], settings: Settings) -> dict[str, Purchase]:
    """Return what is paid for each building that the plan buys, by building.

    A building is bought when something new is first put into it, in the mode in which it is used
    then, unless something is committed there.
    """
    conversions = list(conversions)
    paid_already = {c.building_id for c in conversions if c.status == "committed"}
    bought: dict[str, Purchase] = {}
    for c in sorted(conversions, key=lambda c: (c.year, c.mode)):
        if c.status == "new" and c.building_id not in paid_already | bought.keys():
            bought[c.building_id] = Purchase(
                building_id=c.building_id,
                mode=c.mode,
                year=c.year,
                price=in_grid(_price(c) * _public_share(c), settings),
                land_m2=number(c.building["land_m2"]),
            )
    return bought


def price_of(conversion: Conversion, settings: Settings, *, bought: bool) -> Price:
    """Return what a conversion costs; `bought` says whether its building is paid for."""
    if conversion.status == "keep":
        return Price()
    module, building, terms = conversion.module, conversion.building, conversion.terms
    yearly = in_grid(exact(module["yearly_cost"]), settings)
    if conversion.status == "committed":
        return Price(yearly=yearly)
    area, public = exact(module["floor_area_m2"]), _public_share(conversion)
    factor, extra = (
        (exact(terms["cost_factor"]), exact(terms["extra_works_per_m2"]))
        if terms
        else (Decimal(1), Decimal(0))
    )
    works = exact(module["works_cost"]) * factor + extra * area
    equipment = exact(module["equipment_cost"])
    part = _price(conversion) * public * area / exact(building["floor_area_m2"])
    rate = Decimal(0) if _is_rent_free(conversion, settings) else _rent_rate(conversion)

    def rent(share: Decimal) -> int:
        if settings.plan.yearly:
            years = conversion.until - conversion.year + 1
            return in_grid(rate * area * share, settings) * years
        return in_grid(rate * area * share * settings.plan.years, settings)

    # What conditions ask is the plan's to pay, whatever part the provider has in the rest.
    more = sum((exact(row["extra_cost"]) for row in conversion.asked), Decimal(0))
    public_parts = in_grid(works * public + more, settings), in_grid(equipment * public, settings)
    whole = in_grid(works + more, settings) + in_grid(equipment, settings) + rent(Decimal(1))
    return Price(
        works=public_parts[0],
        equipment=public_parts[1],
        acquisition=in_grid(part, settings) if bought else 0,
        rent=rent(public),
        yearly=yearly,
        yearly_rent=in_grid(rate * area * public, settings),
        private=whole - sum(public_parts) - rent(public),
    )


def _price(c: Conversion) -> Decimal:
    return exact((c.tenure or c.building)["acquisition_cost"])


def _rent_rate(c: Conversion) -> Decimal:
    return exact((c.tenure or c.building)["yearly_rent_per_m2"])


def _public_share(c: Conversion) -> Decimal:
    share = c.tenure["public_share"] if c.tenure else None
    return exact(share) if is_known(share) else Decimal(1)


def _is_rent_free(c: Conversion, settings: Settings) -> bool:
    plan = settings.plan
    return text(c.building["owner_level"]) in plan.rent_free_owner_levels and (
        not plan.rent_free_services or c.service_id in plan.rent_free_services
    )
