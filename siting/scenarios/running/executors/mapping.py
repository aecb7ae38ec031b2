"""Large values that processes of one machine share: their arrays lie in a file that all map."""

from __future__ import annotations

import mmap
import pickle
from pathlib import Path
from typing import Any

_ALIGNMENT = 64
"""Bytes; arrays begin where vector instructions like them."""


def lay_down(value: Any, path: Path) -> None:
    """Write a value beside its arrays: `path`, and the same with ``.arrays`` behind.

    Arrays are written as they lie in memory (pickle protocol 5, out-of-band buffers), text of
    tables among them where it is held in arrays.
    """
    buffers: list[pickle.PickleBuffer] = []
    plain = pickle.dumps(value, protocol=5, buffer_callback=buffers.append)
    spans = []
    with _arrays(path).open("wb") as file:
        for buffer in buffers:
            raw = buffer.raw()
            file.write(bytes(-file.tell() % _ALIGNMENT))
            spans.append((file.tell(), file.tell() + raw.nbytes))
            file.write(raw)
        file.write(b"\0")  # nothing cannot be mapped
    path.write_bytes(pickle.dumps((plain, spans)))


def pick_up(path: Path) -> Any:
    """Return a value whose arrays are mapped: in memory once, however many processes hold them.

    They may be written to, which the others do not see, so that code compiled for arrays in
    memory takes them as they are.
    """
    plain, spans = pickle.loads(path.read_bytes())  # noqa: S301  from our own parent
    with _arrays(path).open("rb") as file:
        whole = memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_COPY))
    return pickle.loads(plain, buffers=[whole[a:b] for a, b in spans])  # noqa: S301


def _arrays(path: Path) -> Path:
    return path.with_name(f"{path.name}.arrays")
