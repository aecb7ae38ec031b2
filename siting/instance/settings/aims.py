"""What a plan is to reach, and what every zone is to get or keep."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from siting.instance.settings.section import Means, NotNegative, Positive, Section, Share


class Objective(Section):
    """How tiers are weighed."""

    epsilon: Annotated[
        float,
        Field(ge=0, lt=1),
        Means(
            "Share of what is served that the tiers after it may give up",
            "服务层之后各层可让出的服务份额",
        ),
    ] = 0.0
    worth: Annotated[
        Positive | None,
        Means(
            "Money that one point of tier 1 (1 % of the weighted share served) is worth: "
            "conversions that cost more than they serve are dropped in the tier of money; keeps "
            "all that serve where not given. Only where need and money are the only tiers",
            "第一层每 1% 所值金额；得不偿失的转换在费用层舍去；不填则保留全部有效转换。"
            "仅用于只有服务和费用两层时",
        ),
    ] = None
    by_rank: Annotated[
        bool,
        Means(
            "Whether services are served in the order of their rank, one tier each, instead of "
            "all in one weighted tier",
            "是否按服务次序逐层优化（否则加权为一层）",
        ),
    ] = False
    blank_factor: Annotated[
        float,
        Field(ge=1),
        Means(
            "What need counts that no place reaches today; 1 counts all alike",
            "现无设施可达的需求的权重系数；1 为一视同仁",
        ),
    ] = 1.0
    equity_zone_kind: Annotated[
        str,
        Means(
            "Kind of zone whose worst-served one is raised next, measured against what could be "
            "served there; no such tier where empty",
            "随后提升最差分区（相对其可达上限）的分区类型；为空则无此层",
        ),
    ] = ""
    nearness: Annotated[
        bool,
        Means(
            "Whether people are then to walk as little as can be: a tier of its own, measured by "
            "how much shorter than the standard their ways are",
            "随后是否尽量缩短步行（单独一层，以步行时间短于标准的分钟数计）",
        ),
    ] = False


class ZoneMinimum(Section):
    """At least `count` open places of `service_id` in every zone of `zone_kind`."""

    service_id: Annotated[str, Means("The service", "服务编号")]
    zone_kind: Annotated[str, Means("Kind of zone", "分区类型")]
    count: Annotated[int, Field(ge=1), Means("Open places at least", "最少开放数")] = 1
    zones: Annotated[
        tuple[str, ...], Means("Only these zones; all where empty", "仅限这些分区；为空为全部")
    ] = ()
    credit_share: Annotated[
        Share | None,
        Means(
            "A place outside counts too where at least this share of the zone's need is within "
            "its standard",
            "区外设施若使本分区至少此比例的需求在标准内，也计入",
        ),
    ] = None


class ZoneMaximum(Section):
    """At most `count` open places of `service_id` in every zone of `zone_kind`."""

    service_id: Annotated[str, Means("The service", "服务编号")]
    zone_kind: Annotated[str, Means("Kind of zone", "分区类型")]
    count: Annotated[int, Field(ge=0), Means("Open places at most", "最多开放数")]
    zones: Annotated[
        tuple[str, ...], Means("Only these zones; all where empty", "仅限这些分区；为空为全部")
    ] = ()


class ZoneFloor(Section):
    """At least a share of what could be served in every zone of `zone_kind` is served."""

    service_id: Annotated[str, Means("The service", "服务编号")]
    zone_kind: Annotated[str, Means("Kind of zone", "分区类型")]
    share: Annotated[
        Share,
        Means(
            "Share of the need that any place could reach, in the last year",
            "占可被任一地点服务之需求的比例（末年）",
        ),
    ]
    zones: Annotated[
        tuple[str, ...], Means("Only these zones; all where empty", "仅限这些分区；为空为全部")
    ] = ()


class SelfSufficiency(Section):
    """Each zone of `zone_kind` has capacity for a share of its own need, borders closed."""

    service_id: Annotated[str, Means("The service", "服务编号")]
    zone_kind: Annotated[str, Means("Kind of zone", "分区类型")]
    share: Annotated[Share, Means("Share of the zone's need", "占本分区需求的比例")] = 1.0
    zones: Annotated[
        tuple[str, ...], Means("Only these zones; all where empty", "仅限这些分区；为空为全部")
    ] = ()


class Reserve(Section):
    """A share of the candidates' floor area in every zone of `zone_kind` stays unused."""

    zone_kind: Annotated[str, Means("Kind of zone", "分区类型")]
    share: Annotated[Share, Means("Share of floor area kept in reserve", "预留建筑面积比例")]
    zones: Annotated[
        tuple[str, ...], Means("Only these zones; all where empty", "仅限这些分区；为空为全部")
    ] = ()


class FirstRefusal(Section):
    """Some services have the first claim on the buildings that suit them."""

    services: Annotated[tuple[str, ...], Means("Who has the first claim", "享有优先选用权的服务")]
    zone_kind: Annotated[
        str, Means("Kind of zone whose gap must be closed first", "须先补足缺口的分区类型")
    ]
    min_area_m2: Annotated[
        NotNegative, Means("Only buildings at least so large", "仅限不小于此面积的建筑")
    ] = 0.0
