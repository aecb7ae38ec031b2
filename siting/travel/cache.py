"""Ways kept on disk under a name that says what they were computed from."""

from __future__ import annotations

import hashlib
import logging
import os
import tempfile
from pathlib import Path

import numpy as np
import shapely
from numpy.typing import NDArray

from siting.travel.ways import Ways

logger = logging.getLogger(__name__)


def cache_file(cache_dir: Path, determined_by: dict[str, NDArray[np.generic]]) -> Path:
    """Return the file of the ways that exactly these arrays, and this code, determine."""
    digest = hashlib.sha256()
    for source in sorted(Path(__file__).parent.glob("*.py")):
        digest.update(source.read_bytes())
    for name, array in determined_by.items():
        digest.update(f"\n{name} {array.dtype} {array.shape} ".encode())
        if array.dtype == object:
            for wkb in shapely.to_wkb(array):
                digest.update(wkb)
        else:
            digest.update(array.tobytes())
    return cache_dir / f"ways-{digest.hexdigest()}.npz"


def load_ways(file: Path) -> Ways | None:
    """Return stored ways; None where there are none or the file is broken."""
    if not file.exists():
        return None
    try:
        with file.open("rb") as stream, np.load(stream) as stored:
            return Ways(**{name: stored[name] for name in Ways._fields})
    except Exception as error:  # noqa: BLE001 - a broken file fails in many ways
        logger.warning("ways are computed anew: %s cannot be read (%s)", file, error)
        return None


def store_ways(file: Path, ways: Ways) -> None:
    """Write ways so that other processes see the whole file or none; never fails the run."""
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(dir=file.parent, prefix=".ways-", suffix=".npz")
        try:
            with os.fdopen(handle, "wb") as stream:
                np.savez(stream, **ways._asdict())
            Path(temporary).replace(file)
        finally:
            Path(temporary).unlink(missing_ok=True)
    except OSError as error:
        logger.warning("ways are not kept: %s cannot be written (%s)", file, error)
