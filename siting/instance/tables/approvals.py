"""What may open only on conditions: approvals of single buildings that ask for something."""

from __future__ import annotations

from siting.instance.tables.columns import SOURCE
from siting.instance.tables.schema import Column, Table

CONDITIONS = Table(
    name="conditions",
    alias_zh="附加条件",
    required=False,
    meaning_en="On what conditions a building may become a service: at an extra cost, after a "
    "delay, with at most so much floor area; a row for every use of the building and one for the "
    "service hold together (costs and delays add up, the smaller area counts)",
    meaning_zh="建筑改作某项服务所附的条件：附加费用、延迟、面积上限；针对整栋建筑的行与针对该服务的行同时有效"
    "（费用和延迟相加，面积取较小者）",
    columns=(
        Column(
            name="building_id",
            alias_zh="建筑编号",
            type="id",
            required=True,
            key=True,
            refers_to="buildings.building_id",
            meaning_en="The building",
            meaning_zh="建筑",
        ),
        Column(
            name="service_id",
            alias_zh="服务编号",
            type="id",
            key=True,
            refers_to="services.service_id",
            meaning_en="One service only; every use of the building where empty",
            meaning_zh="仅限该服务；为空适用于该建筑的全部用途",
        ),
        Column(
            name="extra_cost",
            alias_zh="附加费用",
            type="number",
            unit="money",
            minimum=0,
            default=0.0,
            meaning_en="Paid once for each conversion, in full by the plan; part of its works",
            meaning_zh="每项转换一次性支付，全部由规划承担，计入工程费",
        ),
        Column(
            name="delay_years",
            alias_zh="延迟年数",
            type="number",
            unit="year",
            minimum=0,
            default=0.0,
            meaning_en="Added to the delay that eligibility gives",
            meaning_zh="与适配表的延迟年数相加",
        ),
        Column(
            name="max_area_m2",
            alias_zh="面积上限",
            type="number",
            unit="m2",
            above=0,
            meaning_en="Modules of larger floor area are not admitted; no limit where empty",
            meaning_zh="建筑面积更大的模块不予采用；为空为不限",
        ),
        Column(
            name="condition",
            alias_zh="条件",
            type="text",
            default="",
            meaning_en="The condition in words",
            meaning_zh="条件的文字说明",
        ),
        SOURCE,
    ),
)
