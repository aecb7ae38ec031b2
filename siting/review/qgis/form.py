"""The form of the reviewed layer in QGIS: who may fill in what, with which widget and check.

Nothing here is applied on update: that would put the account's name over the one typed in.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from xml.sax.saxutils import quoteattr

from siting.report.labels import Lang, in_lang
from siting.review.fields import FIELDS, REVIEWERS, Field
from siting.review.layers.layer import Layer

NEW_ROW = '"run_id" IS NULL'
"""What tells a row that a reviewer added from one of ours."""

_OF_NEW_ROWS = ("building_id", "service_id")
"""Fields that are ours, but that whoever adds a row must fill in."""

_QGIS_NULL = "{2839923C-8B7D-419E-B84B-CA2FE9B80EC7}"

_NEEDED: dict[str, tuple[str, str, str]] = {
    "reason": (
        (
            "coalesce(\"decision\", '') NOT IN ('reject', 'other') "
            "OR length(trim(coalesce(\"reason\", ''))) > 0"
        ),
        "A rejection or another use needs a reason",
        "不同意或改作他用须填写理由",
    ),
    "proposed_use": (
        "coalesce(\"decision\", '') <> 'other' OR \"proposed_use\" IS NOT NULL",
        "Another use needs the use that is proposed",
        "改作他用须填写建议用途",
    ),
    "reviewer": (
        '"decision" IS NULL OR length(trim(coalesce("reviewer", \'\'))) > 0',
        "Please say who decides",
        "请填写审查人",
    ),
    "date": ('"decision" IS NULL OR "date" IS NOT NULL', "Please say when", "请填写日期"),
    "building_id": (
        "length(trim(coalesce(\"building_id\", ''))) > 0",
        "The id of a candidate building",
        "候选建筑的编号",
    ),
}
"""Soft constraints: expression and what they say."""

_DEFAULTS = {"date": "to_date(now())", "commit": "false"}

_GROUPS: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    ("Your verdict", "审查意见", REVIEWERS),
    (
        "The site", "场所情况",
        ("building_id", "service_id", "name", "address", "zone", "owner", "title_status",
         "planned_use", "service", "module_id", "state", "capacity", "served", "people_new",
         "floor_area_m2", "cost", "year", "to_check", "earlier"),
    ),
    ("What a rejection costs", "否决的代价", ("price_low", "price_high", "price_says")),
    ("Where this comes from", "来源", ("run_id", "instance_hash")),
)  # fmt: skip
_LONG = {"reason", "condition", "to_check", "earlier", "price_says"}


def form(layer: Layer, lang: Lang) -> str:
    """Return the elements of a QGIS style that make the form of the reviewed layer."""
    fields = "".join(_widget(f, layer) for f in FIELDS)
    editable = "".join(
        f'<field name="{f.name}" editable="{int(f.reviewers or f.name in _OF_NEW_ROWS)}"/>'
        for f in FIELDS
    )
    strict = "".join(
        f'<constraint field="{name}" constraints="4" exp_strength="2" notnull_strength="0" '
        'unique_strength="0"/>'
        for name in _NEEDED
    )
    says = "".join(
        f'<constraint field="{name}" exp={quoteattr(expression)} '
        f"desc={quoteattr(in_lang(lang, en, zh))}/>"
        for name, (expression, en, zh) in _NEEDED.items()
    )
    defaults = "".join(
        f'<default field="{name}" expression={quoteattr(expression)} applyOnUpdate="0"/>'
        for name, expression in _DEFAULTS.items()
    )
    unlocked = "".join(_editable_where(name, NEW_ROW) for name in _OF_NEW_ROWS)
    return (
        f'<fieldConfiguration><field name="fid"><editWidget type="Hidden"><config/></editWidget>'
        f"</field>{fields}</fieldConfiguration>"
        f"{aliases(layer.aliases)}<defaults>{defaults}</defaults>"
        f"<constraints>{strict}</constraints>"
        f"<constraintExpressions>{says}</constraintExpressions>"
        f"<editorlayout>tablayout</editorlayout>"
        f"<attributeEditorForm>{_groups(lang)}</attributeEditorForm>"
        f'<editable><field name="fid" editable="0"/>{editable}</editable>'
        f"<dataDefinedFieldProperties>{unlocked}</dataDefinedFieldProperties>"
        '<previewExpression>"building_id" || \' \' || "service"</previewExpression>'
    )


def read_only(layer: Layer) -> str:
    """Return the elements of a QGIS style of a layer that nobody is to edit."""
    locked = "".join(f'<field name={quoteattr(name)} editable="0"/>' for name in layer.aliases)
    shown = "".join(
        f"<field name={quoteattr(name)}>{_value_map(labels)}</field>"
        for name, labels in layer.choices.items()
    )
    return (
        f"<fieldConfiguration>{shown}</fieldConfiguration>{aliases(layer.aliases)}"
        f'<editable><field name="fid" editable="0"/>{locked}</editable>'
    )


def aliases(named: Mapping[str, str]) -> str:
    """Return what people see above each field."""
    listed = "".join(
        f'<alias field={quoteattr(name)} index="{i}" name={quoteattr(alias)}/>'
        for i, (name, alias) in enumerate(named.items(), start=1)
    )
    return f"<aliases>{listed}</aliases>"


def _widget(f: Field, layer: Layer) -> str:
    if f.name in layer.choices:
        widget = _value_map({"": "", **layer.choices[f.name]} if f.reviewers else
                            layer.choices[f.name])  # fmt: skip
    elif f.type == "yes_no":
        widget = _edit_widget("CheckBox", {})
    elif f.type == "day":
        widget = _edit_widget(
            "DateTime",
            {
                "allow_null": True,
                "calendar_popup": True,
                "display_format": "yyyy-MM-dd",
                "field_format": "yyyy-MM-dd",
                "field_format_overwrite": False,
                "field_iso_format": False,
            },
        )
    elif f.name in layer.ranges:
        low, high = layer.ranges[f.name]
        widget = _edit_widget(
            "Range",
            {
                "AllowNull": True,
                "Min": low,
                "Max": high,
                "Step": 1.0,
                "Precision": 0 if f.type == "whole" else 2,
                "Style": "SpinBox",
            },
        )
    else:
        widget = _edit_widget("TextEdit", {"IsMultiline": f.name in _LONG, "UseHtml": False})
    return f'<field name="{f.name}" configurationFlags="None">{widget}</field>'


def _value_map(labels: Mapping[str, str]) -> str:
    pairs = "".join(
        f'<Option type="Map"><Option type="QString" name={quoteattr(label or "–")} '
        f"value={quoteattr(code or _QGIS_NULL)}/></Option>"
        for code, label in labels.items()
    )
    return (
        '<editWidget type="ValueMap"><config><Option type="Map"><Option type="List" name="map">'
        f"{pairs}</Option></Option></config></editWidget>"
    )


def _edit_widget(kind: str, options: Mapping[str, object]) -> str:
    return (
        f'<editWidget type="{kind}"><config><Option type="Map">{_options(options)}'
        "</Option></config></editWidget>"
    )


def _options(options: Mapping[str, object]) -> str:
    types = {bool: "bool", int: "int", float: "double", str: "QString"}
    return "".join(
        f'<Option type="{types[type(value)]}" name="{name}" '
        f"value={quoteattr(str(value).lower() if isinstance(value, bool) else str(value))}/>"
        for name, value in options.items()
    )


def _editable_where(name: str, expression: str) -> str:
    return f'<field name="{name}">{properties({"dataDefinedEditable": expression})}</field>'


def properties(expressions: Mapping[str, str]) -> str:
    """Return data-defined properties, each with its expression."""
    listed = "".join(
        f'<Option type="Map" name="{name}"><Option type="bool" name="active" value="true"/>'
        f'<Option type="QString" name="expression" value={quoteattr(expression)}/>'
        '<Option type="int" name="type" value="3"/></Option>'
        for name, expression in expressions.items()
    )
    return (
        '<Option type="Map"><Option type="QString" name="name" value=""/>'
        f'<Option type="Map" name="properties">{listed}</Option>'
        '<Option type="QString" name="type" value="collection"/></Option>'
    )


def _groups(lang: Lang) -> str:
    return "".join(
        f"<attributeEditorContainer name={quoteattr(in_lang(lang, en, zh))} "
        'groupBox="1" columnCount="1" showLabel="1" visibilityExpressionEnabled="0" '
        f'visibilityExpression="">{_fields(names)}</attributeEditorContainer>'
        for en, zh, names in _GROUPS
    )


def _fields(names: Iterable[str]) -> str:
    index = {f.name: i for i, f in enumerate(FIELDS, start=1)}
    return "".join(
        f'<attributeEditorField name="{name}" index="{index[name]}" showLabel="1"/>'
        for name in names
    )
