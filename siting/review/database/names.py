"""Names in the database: plain letters, so that nobody has to quote them."""

from __future__ import annotations

import hashlib
import re

from siting.solution import Solution

REGISTRY = "siting"
"""Schema with the table of published runs and the views of the current ones."""

PUBLISHED = "published"
"""Table of published runs."""

LONGEST_BYTES = 63
"""Of any name in PostgreSQL."""

_LONGEST_PART, _DIGEST = 24, 6


def plain_part(text: str) -> str:
    """Return text as part of a name: small letters, digits and underscores.

    Where more than the case and the signs between words is lost, six letters of a digest keep two
    different texts apart: ``西城`` becomes ``n_`` and a digest.
    """
    plain = re.sub(r"[^a-z0-9]+", "_", text.lower()).strip("_")
    same = re.sub(r"[-_ .]+", "_", text.lower()).strip("_") == plain
    if same and 0 < len(plain) <= _LONGEST_PART:
        return plain
    digest = hashlib.sha256(text.encode()).hexdigest()[:_DIGEST]
    return f"{plain[: _LONGEST_PART - _DIGEST - 1].strip('_') or 'n'}_{digest}"


def instance_part(solution: Solution, *, public: bool) -> str:
    """Return what the names of an instance's views begin with."""
    return plain_part(solution.provenance.instance) + ("_public" if public else "")


def schema_of(solution: Solution, run_id: str, *, public: bool) -> str:
    """Return the schema of a run: ``siting_<instance>_<run id>``, then ``_public`` where it is."""
    name = f"{plain_part(solution.provenance.instance)}_{plain_part(run_id)}"
    return f"{REGISTRY}_{name}" + ("_public" if public else "")


def column_name(name: str) -> str:
    """Return a column's name, cut where PostgreSQL would cut it, so that no two become one."""
    coded = name.encode()
    if len(coded) <= LONGEST_BYTES:
        return name
    digest = hashlib.sha256(coded).hexdigest()[:_DIGEST]
    return coded[: LONGEST_BYTES - _DIGEST - 1].decode(errors="ignore") + f"_{digest}"
