"""The font of maps: holds Chinese and Latin, comes with the package."""

from __future__ import annotations

from functools import cache
from importlib.resources import as_file, files

_FAMILY = "Siting Sans SC"
_MISSING = "〓"  # the printer's sign for a character that is not at hand


@cache
def map_font() -> str:
    """Make the font known to matplotlib and return its family.

    Raises
    ------
    ValueError
        When matplotlib cannot find it afterwards; never falls back to a font without Chinese.
    """
    from matplotlib import font_manager

    with as_file(files(__name__) / "SitingSansSC-Regular.otf") as path:
        font_manager.fontManager.addfont(path)
        font_manager.findfont(_FAMILY, fallback_to_default=False)
    return _FAMILY


@cache
def _characters() -> frozenset[int]:
    from matplotlib import font_manager
    from matplotlib.ft2font import FT2Font

    path = font_manager.findfont(map_font(), fallback_to_default=False)
    return frozenset(FT2Font(path).get_charmap())


def drawable(text: str) -> str:
    """Return the text with characters that the font lacks replaced by a sign for missing type."""
    return "".join(c if c == "\n" or ord(c) in _characters() else _MISSING for c in text)
