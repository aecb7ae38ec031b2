"""Services of generated districts: made-up sizes in the order of those of the bundled district."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class DistrictService:
    """One service with its three sizes of module.

    Attributes
    ----------
    need_per_person
        Units of the service by group of people.
    sizes
        Capacity and floor area in m2 of each module; larger ones take less area per unit.
    works_per_m2, equipment_per_unit
        Cost of a module, in 10 000 yuan.
    """

    service_id: str
    name: str
    name_zh: str
    agency: str
    unit: str
    standard_min: float
    weight: float
    need_per_person: Mapping[str, float]
    sizes: tuple[tuple[int, int], tuple[int, int], tuple[int, int]]
    works_per_m2: float
    equipment_per_unit: float


SERVICES = (
    DistrictService(
        service_id="kindergarten",
        name="Kindergarten",
        name_zh="幼儿园",
        agency="education",
        unit="place",
        standard_min=10.0,
        weight=2.0,
        need_per_person={"3_5": 0.9},
        sizes=((90, 1100), (180, 2000), (360, 3600)),
        works_per_m2=0.9,
        equipment_per_unit=0.5,
    ),
    DistrictService(
        service_id="primary",
        name="Primary school",
        name_zh="小学",
        agency="education",
        unit="place",
        standard_min=15.0,
        weight=4.0,
        need_per_person={"6_11": 1.0},
        sizes=((240, 2000), (480, 3600), (960, 6600)),
        works_per_m2=0.8,
        equipment_per_unit=0.5,
    ),
    DistrictService(
        service_id="clinic",
        name="Clinic",
        name_zh="社区卫生服务",
        agency="health",
        unit="visit a day",
        standard_min=15.0,
        weight=2.0,
        need_per_person={"18_59": 0.012, "65_79": 0.05},
        sizes=((60, 250), (130, 500), (280, 950)),
        works_per_m2=1.1,
        equipment_per_unit=0.8,
    ),
    DistrictService(
        service_id="care_home",
        name="Elderly care home",
        name_zh="养老照料中心",
        agency="civil_affairs",
        unit="bed",
        standard_min=20.0,
        weight=1.0,
        need_per_person={"65_79": 0.02, "80p": 0.10},
        sizes=((30, 1100), (60, 2000), (120, 3800)),
        works_per_m2=1.2,
        equipment_per_unit=3.0,
    ),
    DistrictService(
        service_id="nursery",
        name="Nursery",
        name_zh="托育",
        agency="health",
        unit="place",
        standard_min=10.0,
        weight=1.0,
        need_per_person={"0_2": 0.3},
        sizes=((20, 220), (45, 450), (90, 850)),
        works_per_m2=1.0,
        equipment_per_unit=0.5,
    ),
    DistrictService(
        service_id="meals",
        name="Meal point",
        name_zh="助餐点",
        agency="civil_affairs",
        unit="meal",
        standard_min=10.0,
        weight=1.0,
        need_per_person={"80p": 0.3},
        sizes=((60, 130), (130, 260), (260, 480)),
        works_per_m2=0.9,
        equipment_per_unit=0.15,
    ),
    DistrictService(
        service_id="sports",
        name="Sports hall",
        name_zh="体育场地",
        agency="culture",
        unit="slot a day",
        standard_min=15.0,
        weight=1.0,
        need_per_person={"18_59": 0.02},
        sizes=((60, 600), (120, 1100), (240, 2000)),
        works_per_m2=0.8,
        equipment_per_unit=0.1,
    ),
    DistrictService(
        service_id="day_care",
        name="Day-care centre",
        name_zh="日间照料中心",
        agency="civil_affairs",
        unit="place",
        standard_min=20.0,
        weight=1.0,
        need_per_person={"80p": 0.08},
        sizes=((20, 320), (40, 600), (80, 1100)),
        works_per_m2=1.0,
        equipment_per_unit=0.8,
    ),
    DistrictService(
        service_id="junior",
        name="Junior secondary school",
        name_zh="初中",
        agency="education",
        unit="place",
        standard_min=20.0,
        weight=2.0,
        need_per_person={"12_14": 1.0},
        sizes=((180, 2300), (360, 4300), (600, 6900)),
        works_per_m2=0.8,
        equipment_per_unit=0.6,
    ),
    DistrictService(
        service_id="culture",
        name="Culture room",
        name_zh="文化活动室",
        agency="culture",
        unit="seat",
        standard_min=15.0,
        weight=1.0,
        need_per_person={"65_79": 0.08},
        sizes=((50, 300), (110, 600), (240, 1200)),
        works_per_m2=1.0,
        equipment_per_unit=0.2,
    ),
)
"""In the order in which districts with fewer services take them."""
