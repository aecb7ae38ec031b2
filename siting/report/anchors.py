"""Where the pages of `docs` have the headings that other pages link to."""

from __future__ import annotations

import re

from siting.instance.dictionary import Language, data_dictionary


def slug(heading: str) -> str:
    """Return the anchor of a heading, as the usual Markdown viewers make it."""
    return re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-")


def dictionary_anchors(language: Language) -> dict[str, str]:
    """Return the anchor of every table, column and key in the data dictionary.

    A column goes by ``table.column``, a key by its path in instance.toml (``budget.total``); tables
    go by their name alone, except `travel`, whose name is a section as well.
    """
    anchors: dict[str, str] = {}
    prefix, anchor = "", ""
    for line in data_dictionary(language).splitlines():
        if heading := re.match(r"#+ (.+)", line):
            anchor = slug(heading[1])
            section = re.fullmatch(r"`\[+(.+?)\]+`", heading[1])
            table = re.match(r"(\w+) · ", heading[1])
            prefix = f"{section[1]}." if section else f"{table[1]}." if table else ""
            if prefix:
                anchors[prefix.removesuffix(".")] = anchor
        elif row := re.match(r"\| `(.+?)` \|", line):
            anchors[prefix + row[1]] = anchor
    return anchors
