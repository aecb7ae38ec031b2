"""What proves a bound to somebody without a solver: the price of each row."""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

CERTIFICATE_FILE = "certificate.csv.gz"
"""Name of the file in a run's folder."""

_COLUMNS = ("row", "multiplier", "kind", "service_id", "year", "classes", "places")

_OF_ROUNDINGS = ("divisor", "complemented")
"""Columns that certificates without roundings may lack."""


@dataclass(frozen=True, kw_only=True)
class Cut:
    """A row that follows from the need of a service, though the compact model does not state it.

    Attributes
    ----------
    name
        Name of the row, as in `Certificate.multipliers`.
    kind
        How its coefficients follow, see `siting.model.cuts`: ``hall``; ``mir`` for the rounding of
        such a cut; or ``settled`` for classes that all cuts of the block leave aside, which is no
        row.
    service_id, year
        The block it speaks of.
    classes
        Merged classes of need in the set, numbered as in the block.
    places
        Places whose loads it adds up, numbered as in the block.
    divisor, complemented
        How a ``mir`` was rounded, see `siting.model.rounding.rounded`: in grains of need, and the
        conversions that are complemented, numbered as in the model.
    """

    name: str
    kind: str
    service_id: str
    year: int
    classes: tuple[int, ...]
    places: tuple[int, ...]
    divisor: int = 0
    complemented: tuple[int, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Certificate:
    """A bound of tier 1 with all that is needed to recompute it.

    Attributes
    ----------
    bound
        What no plan exceeds, see `siting.model.lagrangian.certified_bound`.
    multipliers
        By name of a row of the compact model, or of a cut; rows that are not named have 0.
    cuts
        Rows beside those of the compact model.
    """

    bound: float
    multipliers: Mapping[str, float] = field(repr=False)
    cuts: tuple[Cut, ...] = ()


def write_certificate(certificate: Certificate, path: Path) -> None:
    """Write rows and multipliers as a packed table, one row each; the bound is not in it."""
    cuts = {cut.name for cut in certificate.cuts}
    rows: list[tuple[object, ...]] = [
        (name, multiplier, *[""] * (len(_COLUMNS) + len(_OF_ROUNDINGS) - 2))
        for name, multiplier in certificate.multipliers.items()
        if name not in cuts
    ]
    for cut in certificate.cuts:
        classes, places, complemented = (
            " ".join(map(str, numbers)) for numbers in (cut.classes, cut.places, cut.complemented)
        )
        multiplier = certificate.multipliers.get(cut.name, 0.0)
        about = (cut.kind, cut.service_id, cut.year, classes, places)
        rows.append((cut.name, multiplier, *about, cut.divisor or "", complemented))
    pd.DataFrame(rows, columns=[*_COLUMNS, *_OF_ROUNDINGS]).to_csv(
        path, index=False, encoding="utf-8-sig", compression={"method": "gzip", "mtime": 0}
    )


def read_certificate(path: Path, bound: float) -> Certificate:
    """Return what `write_certificate` wrote, or a certificate without rows where there is no file.

    Parameters
    ----------
    bound
        What it is said to prove.

    Raises
    ------
    ValueError
        When the file is damaged or no such table.
    """
    if not path.exists():
        return Certificate(bound=bound, multipliers={})
    try:
        table = pd.read_csv(path, dtype=str, encoding="utf-8-sig", keep_default_na=False)
    except (EOFError, OSError, zlib.error) as error:
        raise ValueError(f"{path.name} is damaged: {error}") from error
    lacking = [column for column in _COLUMNS if column not in table.columns]
    if lacking:
        raise ValueError(f"{path.name} has no column {lacking[0]}")
    table = table.reindex(columns=[*_COLUMNS, *_OF_ROUNDINGS], fill_value="")
    cuts = tuple(
        Cut(
            name=row.row,
            kind=row.kind,
            service_id=row.service_id,
            year=int(row.year),
            classes=tuple(map(int, row.classes.split())),
            places=tuple(map(int, row.places.split())),
            divisor=int(row.divisor or 0),
            complemented=tuple(map(int, row.complemented.split())),
        )
        for row in table[table["kind"] != ""].itertuples()
    )
    priced = table[table["kind"] != "settled"]
    return Certificate(
        bound=bound,
        multipliers=dict(zip(priced["row"], map(float, priced["multiplier"]), strict=True)),
        cuts=cuts,
    )
