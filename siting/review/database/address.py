"""Where a database is, how it is reached, and what may be shown of that: never a password."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import ModuleType
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, quote, unquote, urlencode, urlsplit

from siting.errors import InstanceError
from siting.review.database.problems import problem

if TYPE_CHECKING:
    import psycopg

SCHEMES = ("postgresql", "postgres")
CONNECT_WITHIN_S, LOCK_WITHIN_S = 10, 20
"""How long to wait for the server, and for what other sessions hold."""

_HIDDEN = "***"
_SECRET = {"password", "sslpassword"}


@dataclass(frozen=True, kw_only=True)
class Address:
    """A database.

    Attributes
    ----------
    url
        As the driver takes it, with whatever is secret.
    shown
        The same for people: without a password.
    schema
        Of ``?schema=...``; empty where none is named.
    secrets
        Texts that must not be shown.
    """

    url: str = field(repr=False)
    shown: str
    schema: str = ""
    secrets: tuple[str, ...] = field(default=(), repr=False)

    def scrubbed(self, text: str) -> str:
        """Return a message on one line without anything secret."""
        for secret in self.secrets:
            text = text.replace(secret, _HIDDEN)
        return " ".join(text.split())


def address_of(url: str) -> Address:
    """Return the parts of ``postgresql://user@host:port/database?schema=...``.

    Raises
    ------
    InstanceError
        When it is no such address, or a sign in its password makes it ambiguous; nothing of it is
        shown then.
    """
    try:
        parts = urlsplit(url)
        query = parse_qsl(parts.query, keep_blank_values=True, strict_parsing=bool(parts.query))
    except ValueError:
        raise problem("postgresql://...", "no_address") from None
    user, at, hosts = parts.netloc.rpartition("@")
    broken = "@" in user or "@" in parts.path or "@" in parts.query or bool(parts.fragment)
    if parts.scheme not in SCHEMES or broken:
        raise problem("postgresql://...", "no_address")
    name, colon, password = user.partition(":")
    known = dict(query)
    schema = known.pop("schema", "")
    secrets = [password, *(value for key, value in known.items() if key in _SECRET)]
    masked = {key: _HIDDEN if key in _SECRET else value for key, value in known.items()}
    shown_user = f"{name}{colon and ':' + _HIDDEN}{at}"
    return Address(
        url=_joined(f"{parts.scheme}://{parts.netloc}{parts.path}", known),
        shown=_joined(f"{parts.scheme}://{shown_user}{hosts}{parts.path}", masked),
        schema=schema,
        secrets=tuple(
            sorted({s for s in (*secrets, *map(unquote, secrets)) if s}, key=len, reverse=True)
        ),
    )


def _joined(base: str, query: dict[str, str]) -> str:
    return base + (f"?{urlencode(query, quote_via=quote, safe='*/')}" if query else "")


def driver(address: Address) -> ModuleType:
    """Return the library that talks to PostgreSQL.

    Raises
    ------
    InstanceError
        When it is not installed.
    """
    try:
        import psycopg
    except ImportError as error:
        what = str(error).split("\n", maxsplit=1)[0]
        raise problem(address.shown, "no_driver", what=what) from None
    return psycopg


@contextmanager
def connected(address: Address, *, reading: bool = False) -> Iterator[psycopg.Connection]:
    """Give a connection with PostGIS; all that is done with it is one transaction.

    It is committed at the end of the block, and rolled back where the block raises.

    Parameters
    ----------
    reading
        Whether nothing is changed and all is seen as of one moment.

    Raises
    ------
    InstanceError
        When there is no connection, or the database refuses something.
    """
    library = driver(address)
    try:
        settings: dict[str, Any] = library.conninfo.conninfo_to_dict(address.url)
    except library.ProgrammingError:
        raise problem(address.shown, "no_address") from None
    patience = os.environ.get("PGCONNECT_TIMEOUT", CONNECT_WITHIN_S)
    ours = {
        "connect_timeout": patience,
        "application_name": "siting",
        "client_encoding": "UTF8",
    }
    try:
        connection = library.connect(**{**ours, **settings})
    except library.Error as error:
        what = address.scrubbed(str(error))
        raise problem(address.shown, "no_connection", what=what) from None
    try:
        with connection:
            if reading:
                connection.isolation_level = library.IsolationLevel.REPEATABLE_READ
                connection.read_only = True
            _enter_postgis(connection, address)
            yield connection
    except library.Error as error:
        raise refusal(address, error) from None


def _enter_postgis(connection: psycopg.Connection, address: Address) -> None:
    """Make types and functions of PostGIS known by their plain names, and nothing else."""
    found = connection.execute(
        "SELECT quote_ident(n.nspname) FROM pg_extension e "
        "JOIN pg_namespace n ON n.oid = e.extnamespace WHERE e.extname = 'postgis'"
    ).fetchone()
    if found is None:
        raise problem(address.shown, "no_postgis")
    connection.execute("SELECT set_config('search_path', %s, true)", found)
    connection.execute("SELECT set_config('lock_timeout', %s, true)", (f"{LOCK_WITHIN_S}s",))


_REFUSALS = {
    "42501": "no_privilege",
    "2BP01": "depended_on",
    "55P03": "in_use",
    "23514": "verdict_refused",
    "23505": "verdict_refused",
}
"""What a refusal means, by its SQLSTATE."""


def refusal(address: Address, error: psycopg.Error) -> InstanceError:
    """Return what the database refused, as a finding."""
    said = error.diag.message_primary or str(error)
    detail = error.diag.message_detail or ""
    what = address.scrubbed(f"{said} ({detail})" if detail else said)
    return problem(address.shown, _REFUSALS.get(error.sqlstate or "", "failed"), what=what)
