"""Reference systems of the database: one SRID each, an own one for a local system."""

from __future__ import annotations

from psycopg import Connection

from siting.geo import crs_wkt, epsg_code
from siting.review.database.address import Address
from siting.review.database.problems import problem

FIRST_OWN_SRID, LAST_OWN_SRID = 910_000, 998_999
"""SRIDs that PostGIS leaves to users, from one that others rarely take."""

OWN_AUTHORITY = "siting"
_WKT_LETTERS = 2048


def srid_of(connection: Connection, crs: str, address: Address) -> int:
    """Return the SRID of a reference system, with a new entry where the database has none.

    A system of EPSG keeps its code. Any other gets a number of its own, the same for the same WKT.

    Raises
    ------
    InstanceError
        When its WKT is too long for the database.
    """
    code, wkt = epsg_code(crs), crs_wkt(crs)
    find = (
        ("SELECT srid FROM spatial_ref_sys WHERE srid = %s", [code])
        if code is not None
        else ("SELECT srid FROM spatial_ref_sys WHERE srtext = %s ORDER BY srid", [wkt])
    )
    found = connection.execute(*find).fetchone()
    if found is not None:
        return int(found[0])
    if len(wkt) > _WKT_LETTERS:
        raise problem(address.shown, "long_crs", letters=len(wkt))
    srid, authority = code, "EPSG"
    if srid is None:
        last = connection.execute(
            "SELECT max(srid) FROM spatial_ref_sys WHERE srid BETWEEN %s AND %s",
            [FIRST_OWN_SRID, LAST_OWN_SRID],
        ).fetchone()
        srid, authority = ((last and last[0]) or FIRST_OWN_SRID - 1) + 1, OWN_AUTHORITY
    connection.execute(
        "INSERT INTO spatial_ref_sys (srid, auth_name, auth_srid, srtext, proj4text) "
        "VALUES (%s, %s, %s, %s, '')",
        [srid, authority, srid, wkt],
    )
    return int(srid)


def crs_of_srid(connection: Connection, srid: int) -> str:
    """Return a reference system of the database as text; empty where it has none."""
    found = connection.execute(
        "SELECT auth_name, auth_srid, srtext FROM spatial_ref_sys WHERE srid = %s", [srid]
    ).fetchone()
    if found is None:
        return ""
    authority, code, wkt = found
    return f"EPSG:{code}" if authority == "EPSG" else str(wkt)
