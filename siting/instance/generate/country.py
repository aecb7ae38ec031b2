"""A country of made-up districts, from a seed: what sharing one budget out is measured on."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from siting.instance.generate.district import generate_district
from siting.instance.instance import Instance

_SIZES = (0.6, 1.4)
"""Smallest and largest district, in those asked for."""

_SERVED = (0.5, 0.8)
"""Least and most that existing facilities serve."""


def generate_country(
    rng: np.random.Generator, *, districts: int, points: int, buildings: int, services: int = 3
) -> Iterator[tuple[str, Instance]]:
    """Yield the districts of a country with the names of their folders.

    They differ in size and in how well they are served today; `points` and `buildings` are those
    of the average one.

    Raises
    ------
    ValueError
        As `generate_district`, or when there is no district.
    """
    if districts < 1:
        raise ValueError("a country has at least 1 district")
    digits = len(str(districts))
    for number, own in enumerate(rng.spawn(districts), start=1):
        size = own.uniform(*_SIZES)
        yield (
            f"district-{number:0{digits}d}",
            generate_district(
                own,
                points=max(1, round(size * points)),
                buildings=max(1, round(size * buildings)),
                services=services,
                served_share=float(own.uniform(*_SERVED)),
            ),
        )
