"""The sheets that offices pass round: a page per site, forms for comments, the investment plan."""

from __future__ import annotations

import re
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from siting.errors import Finding
from siting.report.labels import Lang
from siting.review.layers.layer import Layer
from siting.review.layers.public import sensitive_places
from siting.review.run import ReviewedRun
from siting.review.sheets.comment_form import write_comment_form
from siting.review.sheets.investment_plan import write_investment_plan
from siting.review.sheets.site_pages import write_site_pages

SHEETS = "sheets"
"""The format of that name; a folder."""

PAGES, PLAN, FORM = "sites.docx", "investment_plan.xlsx", "comments"


@dataclass(frozen=True, kw_only=True)
class Sheets:
    """What the sheets are written from.

    Attributes
    ----------
    review
        The layer that reviewers fill in.
    crs
        Of its coordinates.
    public
        Whether sensitive sites leave no place.
    """

    run: ReviewedRun
    review: Layer
    crs: str
    lang: Lang
    public: bool = False


def write_sheets(folder: Path, sheets: Sheets) -> None:
    """Write `PAGES`, `PLAN` and one workbook of comments per department into a folder."""
    folder.mkdir(exist_ok=True)
    run, lang = sheets.run, sheets.lang
    hidden = sensitive_places(run) if sheets.public else set()
    write_site_pages(folder / PAGES, run, sheets.review, hidden, lang)
    write_investment_plan(folder / PLAN, run, hidden, lang)
    for department in sheets.review.table["department"].fillna("").unique():
        path = folder / comment_file(str(department))
        write_comment_form(path, run, sheets.review, sheets.crs, str(department), lang)


def comment_file(department: str) -> str:
    """Return the name of a department's form."""
    return "_".join(filter(None, [FORM, re.sub(r"\W", "_", department)])) + ".xlsx"


def missing_for_sheets() -> list[Finding]:
    """Return what is not installed of what the sheets need."""
    if find_spec("docx") is not None:
        return []
    rule = "needs python-docx, which is not installed"
    return [
        Finding(place="--format", value=SHEETS, rule=rule, remedy='pip install "siting[reports]"')
    ]
