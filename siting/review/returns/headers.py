"""Names of columns as they come back: ours, cut for a format, or as people see them."""

from __future__ import annotations

import re
import unicodedata

from siting.review.fields import FIELDS

_UNIT = re.compile(r"\s*\([^()]*\)$")
_USUAL = re.compile(
    r"fid|ogc_fid|objectid|id|geom|geometry|shape|shape_(length|area)|x|y|(lon|lat)(_.*)?|synthetic"
    r"|easting.*|northing.*|longitude.*|latitude.*|.*坐标.*|经度.*|纬度.*"
)
"""Columns that programs add, or that say where a row lies."""


def field_of(header: str) -> str:
    """Return the field that a header stands for; empty where it is none.

    Its name, its short name or what people see above it, with or without its unit, in any case of
    letters; an underscore that a format puts behind a reserved word counts for nothing. Our
    workbooks write what people see and the name below it.
    """
    said, own = _plain(header), _plain("".join(header.splitlines()[-1:]))
    for name in (own, said, _UNIT.sub("", said), said.rstrip("_")):
        if name in _BY_HEADER:
            return _BY_HEADER[name]
    return ""


def usual_column(header: str) -> bool:
    """Whether a column that is none of ours is no surprise."""
    return _USUAL.fullmatch(_plain(header)) is not None


def _plain(header: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", header).split()).lower()


_BY_HEADER = {
    _plain(said): field.name
    for said_of in ("zh", "en", "short", "name")
    for field in FIELDS
    for said in (getattr(field, said_of),)
}
"""Field by each of its headers; its name counts most."""
