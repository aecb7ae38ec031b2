"""Every check of a return, declared once: what it says in both languages."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches
from typing import TYPE_CHECKING

from siting.errors import Finding, Severity

if TYPE_CHECKING:
    from siting.report.labels import Lang


Said = str | tuple[str, str]
"""Text that is the same in both languages, or English and Chinese."""


@dataclass(frozen=True)
class Check:
    """What a finding says; words in braces are filled in."""

    rule: str
    rule_zh: str
    remedy: str = ""
    remedy_zh: str = ""
    severity: Severity = "error"


@dataclass(frozen=True, kw_only=True)
class ReturnFinding(Finding):
    """A finding about a return.

    Attributes
    ----------
    check
        Key in `CHECKS`.
    file, layer, feature
        Where it is: ``return.gpkg``, ``review``, ``fid 3`` or ``row 5``; `place` says all three.
    building_id, service_id, department
        The row that it is about; empty where it is about none.
    rule_zh, remedy_zh
        As `rule` and `remedy`, in Chinese.
    """

    check: str
    file: str
    layer: str = ""
    feature: str = ""
    building_id: str = ""
    service_id: str = ""
    department: str = ""
    rule_zh: str = ""
    remedy_zh: str = ""


@dataclass(frozen=True, kw_only=True)
class Spot:
    """A place in a return: the file, a layer or sheet of it, or one row."""

    file: str
    layer: str = ""
    feature: str = ""
    building_id: str = ""
    service_id: str = ""
    department: str = ""

    def __str__(self) -> str:
        place = f"{self.file}#{self.layer}" if self.layer else self.file
        use = ", ".join(filter(None, (self.building_id, self.service_id, self.department)))
        return " ".join(filter(None, (place, self.feature, f"({use})" if use else "")))

    def about(
        self, check: str, *, column: str = "", value: str = "", **said: Said
    ) -> ReturnFinding:
        """Return a finding of a check here; `said` fills in what its texts leave open."""
        text = CHECKS[check]
        en, zh = (
            {name: both if isinstance(both, str) else both[i] for name, both in said.items()}
            for i in (0, 1)
        )
        return ReturnFinding(
            severity=text.severity,
            check=check,
            place=str(self),
            file=self.file,
            layer=self.layer,
            feature=self.feature,
            building_id=self.building_id,
            service_id=self.service_id,
            department=self.department,
            column=column,
            value=value,
            rule=text.rule.format(**en),
            rule_zh=text.rule_zh.format(**zh),
            remedy=text.remedy.format(**en),
            remedy_zh=text.remedy_zh.format(**zh),
        )


def alike(word: str, known: Sequence[str]) -> Said:
    """Return a remedy that names the known word most like `word`; empty where none is."""
    found = get_close_matches(word, known, n=1, cutoff=0.5)
    return (f'nearest: "{found[0]}"', f"最接近：“{found[0]}”") if found else ""


def write_instead(text: str) -> Said:
    """Return a remedy that says what to write; empty where nobody knows."""
    return (f"write {text}", f"请写 {text}") if text else ""


def in_language(finding: Finding, lang: Lang) -> Finding:
    """Return a finding as people of a language read it."""
    if lang == "en" or not isinstance(finding, ReturnFinding):
        return finding
    return replace(finding, rule=finding.rule_zh, remedy=finding.remedy_zh)


_RESTORE = ("take it from the exported file again", "请从导出文件恢复")
_ANEW = ("ask for the file again", "请重新提供文件")

CHECKS: dict[str, Check] = {
    # The file
    "no_file": Check("no such file or folder", "没有此文件或文件夹"),
    "format": Check(
        "must be a .gpkg, .gdb, .shp, .geojson, .xlsx or .csv",
        "须为 .gpkg、.gdb、.shp、.geojson、.xlsx 或 .csv",
    ),
    "empty_file": Check("is empty (0 bytes)", "文件为空（0 字节）", *_ANEW),
    "not_geopackage": Check("is no GeoPackage", "不是 GeoPackage 文件", *_ANEW),
    "damaged": Check("is damaged: {what}", "文件已损坏：{what}", *_ANEW),
    "locked": Check(
        "is locked by another program",
        "文件被其他程序锁定",
        "save the edits there, and import again",
        "请在该程序中保存后重新导入",
    ),
    "part_missing": Check(
        "{part} is missing",
        "缺少 {part}",
        "a Shapefile is .shp, .shx, .dbf, .prj and .cpg together",
        "Shapefile 须包含 .shp、.shx、.dbf、.prj 和 .cpg",
    ),
    "encoding_unknown": Check(
        "holds text that is not ASCII, and no .cpg says how it is encoded",
        "含非 ASCII 文字，而无 .cpg 说明编码",
        "give --encoding GB18030 or --encoding UTF-8, whichever shows right",
        "请指定 --encoding GB18030 或 --encoding UTF-8，以显示正确者为准",
    ),
    "encoding_wrong": Check(
        "is not text in {encoding}",
        "文字不是 {encoding} 编码",
        "give the right one by --encoding",
        "请用 --encoding 指定正确编码",
    ),
    "unreadable": Check("{what}", "无法读取：{what}"),
    "no_layer": Check(
        'has no layer "{layer}"', "没有图层“{layer}”", "there are: {there}", "现有：{there}"
    ),
    "no_rows": Check("has no rows", "没有任何记录", *_RESTORE),
    # Columns
    "no_column": Check("column is missing", "缺少该列", *_RESTORE),
    "column_gone": Check(
        "column is missing, so that nobody can tell whether it was changed",
        "缺少该列，无法核对是否被改动",
        severity="warning",
    ),
    "column_twice": Check(
        "is the same column as {first}", "与列 {first} 重复", "keep one", "请保留一列"
    ),
    "column_unknown": Check(
        "is no column of the exported layer; it is ignored",
        "不是导出图层的列，已忽略",
        severity="warning",
    ),
    # Coordinates
    "no_crs": Check(
        "layer has no CRS",
        "图层没有坐标系",
        "assign it in the GIS, or name it by --crs",
        "请在 GIS 中指定，或用 --crs 说明",
    ),
    "bad_crs": Check("{what}", "坐标系不可用：{what}"),
    "wrong_crs": Check(
        "says {stated}, but its coordinates are those of {right}",
        "标称 {stated}，坐标值实为 {right}",
        "assign the right CRS in the GIS, or name it by --crs",
        "请在 GIS 中指定正确坐标系，或用 --crs 说明",
    ),
    "swapped": Check(
        "easting and northing are exchanged",
        "东、北坐标互换",
        "exchange them in the GIS",
        "请在 GIS 中互换",
    ),
    "shifted_datum": Check(
        "coordinates were shifted to {datum}",
        "坐标被偏移为 {datum}",
        "return the layer with the coordinates that it was exported with",
        "请以导出时的坐标返回",
    ),
    "moved": Check(
        "lies {metres} m from where it was exported",
        "位置与导出时相差 {metres} 米",
        "move it back, and say in the reason what is wrong with it",
        "请移回原位，并在理由中说明问题",
    ),
    "no_shape": Check("has lost its point", "点位丢失", *_RESTORE),
    "not_point": Check("must be a point, not a {kind}", "须为点，而非 {kind}", *_RESTORE),
    # Of what the file is
    "no_run": Check(
        "names no run", "未写明方案编号", "name it by --run RUN", "请用 --run 指定方案"
    ),
    "another_run": Check(
        "is the file of another run; this is {ours}",
        "属于另一方案；本方案为 {ours}",
        "import it by --run {theirs}, or return the file of this run",
        "请用 --run {theirs} 导入，或返回本方案的文件",
    ),
    "another_instance": Check(
        "was exported from other data of the town",
        "导出时所用的实例数据不同",
        "export the run again, and have that file filled in",
        "请重新导出并据以填写",
    ),
    # Rows
    "deleted": Check(
        "the row is missing",
        "该行已被删除",
        "put it back from the exported file; without a verdict its decision stays empty",
        "请从导出文件恢复；无意见时“审查意见”留空",
    ),
    "department_gone": Check(
        "holds no row of this department",
        "没有该部门的任何记录",
        "its rows stay undecided",
        "该部门的意见仍为待定",
        severity="warning",
    ),
    "key_missing": Check("must be filled", "不得为空", *_RESTORE),
    "no_building": Check("no such building", "没有此建筑", "{nearest}", "{nearest}"),
    "no_service": Check("no such service", "没有此服务", "{nearest}", "{nearest}"),
    "no_department": Check(
        "no department that the instance requires", "不是规定的审查部门", "{nearest}", "{nearest}"
    ),
    "duplicate": Check(
        "is the same row as {other}", "与 {other} 重复", "keep one of them", "请保留一行"
    ),
    "edited": Check(
        "was {ours} and is not for reviewers to change",
        "原为 {ours}，审查人不应改动",
        "restore it, and say in the reason what is wrong with it",
        "请恢复原值，并在理由中说明问题",
    ),
    "price_differs": Check(
        "is {ours} by what the run knows now; that counts",
        "方案现有数值为 {ours}，以其为准",
        severity="warning",
    ),
    "cell_error": Check(
        "is an error of the workbook", "单元格为错误值", "type the value", "请直接填写"
    ),
    "formula": Check(
        "is a formula without a stored value",
        "公式没有保存的计算结果",
        "type the value",
        "请直接填写",
    ),
    "by_hand": Check(
        "was not in the exported file; the verdict on it is taken",
        "不在导出文件中；已采纳其意见",
        severity="warning",
    ),
    "not_eligible": Check(
        "the building may not take this service ({why}); the verdict on it is taken",
        "该建筑不可用于此服务（{why}）；已采纳其意见",
        severity="warning",
    ),
    "says_nothing": Check(
        "was added and says nothing; it is left out", "新增行没有意见，已略去", severity="warning"
    ),
    # Verdicts
    "no_decision": Check(
        "must say a decision, since this is filled in: {filled}", "已填{filled}，须填写审查意见"
    ),
    "bad_decision": Check(
        "must be approve, conditional, reject, hold or other",
        "须为 同意、有条件同意、不同意（整栋）、暂缓、改作他用 之一",
        "{nearest}",
        "{nearest}",
    ),
    "no_reason": Check("must say why, for {decision}", "“{decision}”须写明理由"),
    "no_use": Check("must say which service instead, for other", "“改作他用”须写明建议用途"),
    "same_use": Check(
        "must be another service than the planned one",
        "建议用途须不同于拟建服务",
        "approve it, or name another",
        "请同意，或另写用途",
    ),
    "use_ignored": Check(
        "counts only with the decision other; it is ignored",
        "仅“改作他用”时有效，已忽略",
        severity="warning",
    ),
    "no_condition": Check(
        "must state a cost, a delay, an area or words, for conditional",
        "“有条件同意”须写明费用、推迟年数、面积或条件说明之一",
        "fill in a condition, or approve",
        "请填写条件，或改为同意",
    ),
    "conditions_ignored": Check(
        "counts only with the decision conditional; it is ignored",
        "仅“有条件同意”时有效，已忽略",
        severity="warning",
    ),
    "not_number": Check("must be a number", "须为数字", "{instead}", "{instead}"),
    "negative": Check("must be >= 0", "须 >= 0"),
    "not_whole": Check("must be a whole number", "须为整数"),
    "not_positive": Check("must be > 0", "须 > 0"),
    "area_too_small": Check(
        "is less than the smallest module of the service takes, {least} m2",
        "小于该服务最小模块所需的 {least} 平方米",
        "give a larger area, or reject",
        "请给出更大面积，或不同意",
    ),
    "not_yes_no": Check("must be yes or no", "须为 是 或 否"),
    "commit_refused": Check(
        "cannot be approved as a project and {decision} at once",
        "不能既已立项又“{decision}”",
        "withdraw one of the two",
        "请撤回其一",
    ),
    "bad_date": Check(
        "must be a day such as 2026-11-22", "须为日期，如 2026-11-22", "{instead}", "{instead}"
    ),
    "two_days": Check(
        "may mean {one} or {other}", "可能是 {one} 或 {other}", "write the year first", "请先写年份"
    ),
    "disagree": Check(
        "{one} and {other} of one department disagree: {says_one} against {says_other}",
        "同一部门意见不一：{one}为“{says_one}”，{other}为“{says_other}”",
        "settle it in the department and return one verdict",
        "请部门内统一后返回一个意见",
    ),
    "commit_against": Check(
        "approved as a project by {one}, but {says_other} by {other}",
        "{one}已立项，而{other}为“{says_other}”",
        "withdraw one of the two",
        "请撤回其一",
    ),
    "replaced": Check(
        "takes the place of {says_other} by {other}",
        "取代{other}此前的“{says_other}”",
        severity="warning",
    ),
    "no_reviewer": Check("nobody is named", "未填审查人", severity="warning"),
    "no_date": Check("no date is given", "未填日期", severity="warning"),
    "whitespace": Check(
        "has blanks or line breaks around it; they are left out",
        "首尾有空格或换行，已去除",
        severity="warning",
    ),
    "cut_text": Check(
        "is as long as the format can hold, so that its end may be lost",
        "已达该格式的长度上限，末尾可能丢失",
        severity="warning",
    ),
}  # fmt: skip
"""All checks of returns by their key."""
