"""Documents in Word: fonts, tables and pictures as all our pages have them."""

# ruff: noqa: SLF001  python-docx has shading and fields in its XML alone

from __future__ import annotations

from collections.abc import Sequence
from io import BytesIO
from typing import Any

from siting.report.labels import Lang
from siting.report.sheets import DARK, PALE

_FONTS: dict[Lang, str] = {"en": "Calibri", "zh": "Microsoft YaHei"}
_MARGIN_CM = 1.7
_PAGE_CM = (21.0, 29.7)
_GRID = "Table Grid"
WIDTH_CM = _PAGE_CM[0] - 2 * _MARGIN_CM
"""Of what is written on a page."""


def new_document(lang: Lang, title: str, header: str, footer: str) -> Any:
    """Return an empty A4 document with a header on every page and numbered pages."""
    from docx import Document
    from docx.oxml.ns import qn
    from docx.shared import Cm, Pt, RGBColor

    document = Document()
    document.core_properties.title = title
    section = document.sections[0]
    section.page_width, section.page_height = (Cm(size) for size in _PAGE_CM)
    for side in ("left_margin", "right_margin", "top_margin", "bottom_margin"):
        setattr(section, side, Cm(_MARGIN_CM))
    section.header_distance = section.footer_distance = Cm(0.7)
    for name, size in (("Normal", 9.5), ("Heading 1", 13), ("Heading 2", 10.5)):
        style = document.styles[name]
        style.font.name, style.font.size = _FONTS[lang], Pt(size)
        fonts = style.element.get_or_add_rPr().get_or_add_rFonts()
        fonts.set(qn("w:eastAsia"), _FONTS[lang])
        for theme in ("asciiTheme", "hAnsiTheme", "eastAsiaTheme"):
            fonts.attrib.pop(qn(f"w:{theme}"), None)
        style.paragraph_format.space_before = Pt(0 if name != "Heading 2" else 7)
        style.paragraph_format.space_after = Pt(2)
        if name != "Normal":
            style.font.color.rgb = RGBColor.from_string(DARK[1:])
    _small(section.header.paragraphs[0], header)
    foot = section.footer.paragraphs[0]
    _small(foot, f"{footer}    ")
    _page_number(foot)
    return document


def facts(cell: Any, rows: Sequence[tuple[str, str]], width_cm: float) -> None:
    """Put a table of facts into a cell: what is known, and what of it."""
    table = cell.add_table(rows=0, cols=2)
    table.style, table.autofit = _GRID, False
    for label, value in rows:
        own = table.add_row().cells
        write(own[0], label, shade=PALE)
        write(own[1], value)
    _widths(table, (width_cm * 0.36, width_cm * 0.64))


def grid(
    container: Any,
    header: Sequence[str],
    rows: Sequence[Sequence[str]],
    *,
    widths_cm: Sequence[float],
    numbers: Sequence[int] = (),
    strong_last: bool = False,
) -> None:
    """Add a table with a header; columns of `numbers` stand to the right."""
    table = container.add_table(rows=1, cols=len(header))
    table.style, table.autofit = _GRID, False
    for column, text in enumerate(header):
        write(table.rows[0].cells[column], text, shade=PALE, bold=True)
    for number, row in enumerate(rows, start=1):
        own = table.add_row().cells
        for column, text in enumerate(row):
            bold = strong_last and number == len(rows)
            write(own[column], text, right=column in numbers, bold=bold)
    _widths(table, widths_cm)


def side_by_side(document: Any, left_cm: float) -> tuple[Any, Any]:
    """Add two cells beside each other without lines."""
    table = document.add_table(rows=1, cols=2)
    table.autofit = False
    _widths(table, (left_cm, WIDTH_CM - left_cm))
    return table.rows[0].cells[0], table.rows[0].cells[1]


def picture(cell: Any, png: bytes, width_cm: float) -> None:
    """Put a picture into a cell."""
    from docx.shared import Cm

    cell.paragraphs[0].add_run().add_picture(BytesIO(png), width=Cm(width_cm))


def write(
    cell: Any, text: str, *, shade: str = "", bold: bool = False, right: bool = False
) -> None:
    """Write a text into a cell of a table."""
    from docx.enum.text import WD_ALIGN_PARAGRAPH
    from docx.shared import Pt

    paragraph = cell.paragraphs[0]
    paragraph.paragraph_format.space_after = Pt(0)
    run = paragraph.add_run(text)
    run.bold, run.font.size = bold, Pt(8.5)
    if right:
        paragraph.alignment = WD_ALIGN_PARAGRAPH.RIGHT
    if shade:
        _shade(cell._tc.get_or_add_tcPr(), shade)


def _shade(properties: Any, colour: str) -> None:
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn

    shading = OxmlElement("w:shd")
    for name, value in (("val", "clear"), ("color", "auto"), ("fill", colour[1:])):
        shading.set(qn(f"w:{name}"), value)
    properties.append(shading)


def _widths(table: Any, widths_cm: Sequence[float]) -> None:
    from docx.shared import Cm

    for column, width in zip(table.columns, widths_cm, strict=True):
        column.width = Cm(width)
    for row in table.rows:
        for cell, width in zip(row.cells, widths_cm, strict=True):
            cell.width = Cm(width)


def _small(paragraph: Any, text: str) -> None:
    from docx.shared import Pt, RGBColor

    run = paragraph.add_run(text)
    run.font.size, run.font.color.rgb = Pt(7.5), RGBColor(0x66, 0x71, 0x7E)


def _page_number(paragraph: Any) -> None:
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn

    for kind, text in (("begin", ""), ("", "PAGE"), ("end", "")):
        run = paragraph.add_run()
        if kind:
            part = OxmlElement("w:fldChar")
            part.set(qn("w:fldCharType"), kind)
        else:
            part = OxmlElement("w:instrText")
            part.text = text
        run._r.append(part)
