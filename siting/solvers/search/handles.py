"""The arrays of a local search as compiled code passes them on: by reference.

A named tuple of many arrays is copied field by field into every compiled call, which takes minutes
to compile; a reference takes seconds.
"""

from __future__ import annotations

from typing import Any

from numba import types
from numba.experimental import structref

from siting.caching import njit
from siting.solvers.search.choices import Choice, Rules
from siting.solvers.search.flow_state import Amounts, Network
from siting.solvers.search.state import Memory, Search, Town


@structref.register
class NetworkType(types.StructRef):  # type: ignore[misc]
    """Type of a `Network` by reference."""


@structref.register
class AmountsType(types.StructRef):  # type: ignore[misc]
    """Type of `Amounts` by reference."""


@structref.register
class RulesType(types.StructRef):  # type: ignore[misc]
    """Type of `Rules` by reference."""


@structref.register
class ChoiceType(types.StructRef):  # type: ignore[misc]
    """Type of a `Choice` by reference."""


@structref.register
class TownType(types.StructRef):  # type: ignore[misc]
    """Type of a `Town` by reference."""


@structref.register
class MemoryType(types.StructRef):  # type: ignore[misc]
    """Type of a `Memory` by reference."""


@structref.register
class SearchType(types.StructRef):  # type: ignore[misc]
    """Type of a `Search` by reference."""


class NetworkRef(structref.StructRefProxy):  # type: ignore[misc]
    """A `Network` by reference."""


class AmountsRef(structref.StructRefProxy):  # type: ignore[misc]
    """`Amounts` by reference."""


class RulesRef(structref.StructRefProxy):  # type: ignore[misc]
    """`Rules` by reference."""


class ChoiceRef(structref.StructRefProxy):  # type: ignore[misc]
    """A `Choice` by reference."""


class TownRef(structref.StructRefProxy):  # type: ignore[misc]
    """A `Town` by reference."""


class MemoryRef(structref.StructRefProxy):  # type: ignore[misc]
    """A `Memory` by reference."""


class SearchRef(structref.StructRefProxy):  # type: ignore[misc]
    """A `Search` by reference."""


for _ref, _type, _fields in (
    (NetworkRef, NetworkType, Network._fields),
    (AmountsRef, AmountsType, Amounts._fields),
    (RulesRef, RulesType, Rules._fields),
    (ChoiceRef, ChoiceType, Choice._fields),
    (TownRef, TownType, Town._fields),
    (MemoryRef, MemoryType, Memory._fields),
    (SearchRef, SearchType, Search._fields),
):
    structref.define_proxy(_ref, _type, _fields)


@njit
def network_by_reference(given: Network) -> Any:
    """Return a `Network` as compiled functions take it."""
    return NetworkRef(*given)


@njit
def amounts_by_reference(given: Amounts) -> Any:
    """Return `Amounts` as compiled functions take them."""
    return AmountsRef(*given)


@njit
def _rules(given: Rules) -> Any:
    return RulesRef(*given)


@njit
def _choice(given: Choice) -> Any:
    return ChoiceRef(*given)


@njit
def _town(given: Town) -> Any:
    return TownRef(*given)


@njit
def _memory(given: Memory) -> Any:
    return MemoryRef(*given)


@njit
def _joined(parts: tuple[Any, ...]) -> Any:
    return SearchRef(*parts)


def by_reference(search: Search) -> Any:
    """Return a search as compiled functions take it; they change the arrays themselves."""
    return _joined(
        (
            network_by_reference(search.network),
            amounts_by_reference(search.amounts),
            _rules(search.rules),
            _choice(search.choice),
            _town(search.town),
            _memory(search.memory),
        )
    )
