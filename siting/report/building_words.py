"""Codes of buildings in words: those of the bundled tables; a code not known here stays."""

from __future__ import annotations

from siting.report.labels import Lang, in_lang, value_label

_WORDS: dict[str, tuple[str, str]] = {
    # classes of buildings
    "basement": ("basement", "地下空间"),
    "campus_extension": ("extension of a campus", "校园扩建"),
    "courtyard": ("courtyard", "平房院落"),
    "courtyard_partial": ("part of a courtyard", "部分腾退院落"),
    "estate_ancillary": ("estate ancillary rooms", "小区配套用房"),
    "heritage": ("heritage building", "文物建筑"),
    "home_care_site": ("home-care site", "家庭照护服务点"),
    "hospital": ("hospital", "医院"),
    "hospital_wing": ("hospital wing", "医院病区"),
    "idle_factory": ("idle factory", "闲置厂房"),
    "kindergarten_campus": ("kindergarten campus", "幼儿园园舍"),
    "market_floor": ("market floor", "市场楼层"),
    "private_kindergarten": ("private kindergarten", "民办幼儿园"),
    "renewal_parcel": ("renewal parcel", "更新改造地块"),
    "roof": ("roof", "屋顶"),
    "school_ground": ("school ground", "学校操场"),
    "training_building": ("training building", "培训楼"),
    "vacated_office": ("vacated office", "腾退办公楼"),
    "vocational_campus": ("vocational campus", "职业学校校园"),
    # uses of land
    "civil_defence": ("civil defence", "人防工程"),
    "commercial": ("commerce", "商业"),
    "culture": ("culture", "文化"),
    "education": ("education", "教育"),
    "industrial": ("industry", "工业"),
    "medical": ("medical", "医疗卫生"),
    "mixed": ("mixed use", "混合用途"),
    "office": ("offices", "办公"),
    "public_service": ("public service", "公共服务"),
    "residential": ("housing", "居住"),
    "residential_service": ("services of a housing estate", "居住区配套服务"),
    # title and owners
    "central": ("central government", "中央"),
    "district": ("district", "区级"),
    "military": ("military", "军队"),
    "municipal": ("city", "市级"),
    "private": ("private", "民营"),
    "state_enterprise": ("state enterprise", "国有企业"),
    "unregistered": ("not registered", "未登记"),
    # ways to get hold of them
    "expropriation": ("expropriation", "征收"),
    "partial_court": ("part of a courtyard house", "院落局部腾退"),
    "provider": ("by a provider", "社会力量举办"),
    "purchase": ("purchase", "购置"),
    "rent": ("rent", "租赁"),
    "swap": ("swap", "置换"),
    "temporary": ("temporary use", "临时利用"),
    "whole_court": ("whole courtyard house", "整院腾退"),
    # fortification against earthquakes
    "key": ("key", "重点设防类"),
    "standard": ("standard", "标准设防类"),
}


def building_word(code: str, lang: Lang) -> str:
    """Return what people see for a code of a building."""
    return in_lang(lang, *_WORDS[code]) if code in _WORDS else value_label(code, lang)
