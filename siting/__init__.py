"""Which vacated building becomes which public service: plans proven, re-checked and drawn.

The pipeline is in `siting.plan`; ``siting.check``, ``siting.solve`` and ``siting.verify`` are its
functions, imported when first asked for; ``siting.classic`` holds the problems of the textbooks.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from siting.instance.reading import read_instance
    from siting.plan import Options, check, prepare, solve, verify

__all__ = ["Options", "check", "prepare", "read_instance", "solve", "verify"]


def __getattr__(name: str) -> Any:
    if name == "classic":
        return import_module("siting.classic")
    if name not in __all__:
        raise AttributeError(f"module 'siting' has no attribute '{name}'")
    home = "siting.instance.reading" if name == "read_instance" else "siting.plan"
    return getattr(import_module(home), name)
