"""Where what can be made again is kept, compiled code among it."""

from __future__ import annotations

import functools
import hashlib
import os
import sys
from pathlib import Path
from typing import Any

PACKAGES = ("bench", "classic", "solvers", "travel")
"""Where compiled code stands."""


def user_folder() -> Path:
    """Return where what can be made again is kept: SITING_CACHE, or the user's cache folder."""
    home = os.environ.get("XDG_CACHE_HOME", str(Path.home() / ".cache"))
    return Path(os.environ.get("SITING_CACHE", str(Path(home) / "siting")))


@functools.cache
def compiled_folder() -> Path:
    """Return the folder of what is compiled from exactly this code, here, by this Python."""
    root = Path(__file__).parent
    digest = hashlib.sha256(f"{sys.version}\n{root}".encode())
    for package in PACKAGES:
        for source in sorted((root / package).rglob("*.py")):
            content = source.read_bytes()
            if b"njit" in content:
                digest.update(content)
    return user_folder() / f"compiled-{digest.hexdigest()[:16]}"


def njit(*args: Any, **options: Any) -> Any:
    """Compile a function when it is first called, and keep it for the next process.

    numba's own cache looks at the file of a function alone: after a change in a function that is
    called from there, or after an upgrade in place, it would run what is no longer the code. Here
    a folder names all the code that it holds.
    """
    import numba

    numba.config.CACHE_DIR = str(compiled_folder())
    return numba.njit(*args, cache=True, **options)
