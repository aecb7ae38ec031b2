"""Grids of scenarios: every combination of some budgets, people, standards and prices."""

from __future__ import annotations

import re
from decimal import Decimal, InvalidOperation
from typing import Annotated

from pydantic import BeforeValidator, Field

from siting.instance.settings.section import Means, NotNegative, Positive, Section

MOST_NUMBERS = 10_000
"""Numbers that a range may have; more are a slip of the pen."""

_RANGE = re.compile(
    r"\s*(?P<first>[^:\s]+?)\s*(?:\.\.|:)\s*(?P<last>[^:\s]+?)\s*(?:\bstep\b|:)\s*(?P<step>\S+)\s*"
)


def numbers_of(text: str) -> tuple[float, ...]:
    """Return the numbers of a range, ends included, or of a list.

    Parameters
    ----------
    text
        ``5..60 step 5`` or ``5:60:5``, counted in decimals so that nothing drifts; or
        ``0.9|1|1.1`` or ``0.9, 1, 1.1``.

    Raises
    ------
    ValueError
        When it is neither; the message says what it must be.
    """
    found = _RANGE.fullmatch(text)
    if found is None:
        return tuple(float(_decimal(part)) for part in re.split(r"[|,，、]", text))
    first, last, step = (_decimal(found[name]) for name in ("first", "last", "step"))
    if step <= 0 or last < first:
        raise ValueError("must go up: FIRST..LAST step STEP, the step above 0")
    count = int((last - first) / step) + 1
    if count > MOST_NUMBERS:
        raise ValueError(f"has {count:,} numbers, more than {MOST_NUMBERS:,}")
    return tuple(float(first + step * i) for i in range(count))


def _decimal(text: str) -> Decimal:
    try:
        number = Decimal(text.strip())
    except InvalidOperation:
        number = Decimal("NaN")
    if not number.is_finite():
        raise ValueError('must be numbers, such as "5..60 step 5" or "0.9|1|1.1"')
    return number


def _listed(value: object) -> object:
    if isinstance(value, str):
        return numbers_of(value)
    return [value] if isinstance(value, (int, float)) else value


class Grid(Section):
    """Every combination of what is listed; what is not listed stays as it is."""

    scenarios: Annotated[
        tuple[str, ...],
        Means(
            "Scenarios; `base` is the instance as it is, and the only one where empty",
            "情景；`base` 为实例本身，为空时仅此一个",
        ),
    ] = ()
    people: Annotated[
        tuple[NotNegative, ...],
        BeforeValidator(_listed),
        Means("Factors on people of all groups", "各组别人数的系数"),
    ] = Field(default=())
    standards: Annotated[
        tuple[Positive, ...],
        BeforeValidator(_listed),
        Means("Factors on the standards of all services", "各服务标准分钟的系数"),
    ] = Field(default=())
    prices: Annotated[
        tuple[NotNegative, ...],
        BeforeValidator(_listed),
        Means("Factors on all prices", "各类价格的系数"),
    ] = Field(default=())
    give_up: Annotated[
        tuple[Annotated[float, Field(ge=0, lt=100)], ...],
        BeforeValidator(_listed),
        Means(
            "Per cent of the need served that may be given up for the worst-served zone",
            "为提升服务最差分区可让出的服务量（百分比）",
        ),
    ] = Field(default=())
    nearer: Annotated[
        tuple[Annotated[float, Field(ge=0, lt=100)], ...],
        BeforeValidator(_listed),
        Means(
            "Per cent of the need served that may be given up so that people walk less",
            "为就近服务可让出的服务量（百分比）",
        ),
    ] = Field(default=())
    budget: Annotated[
        tuple[NotNegative, ...],
        BeforeValidator(_listed),
        Means(
            'Capital in total: `"5..60 step 5"`, ends included, or a list',
            '总投资上限：`"5..60 step 5"`（含两端）或列表',
        ),
    ] = Field(default=())
