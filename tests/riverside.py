"""A small sound instance as text, for tests that break or rewrite it.

N1 ------------- N2          D1, B1, F1 lie at N1; D2, B2 at N2;
D1 B1 F1   B3    D2 B2       B3 halfway, with facility F2 in it that may change.
west             east
"""

from pathlib import Path

FILES = {
    "instance.toml": """\
title = "Riverside"
crs = "EPSG:32650"
zone_kind = "sub_district"

[base]
population = 1000

[speeds_m_s.groups]
65p = 1.0

[budget]
total = 500
agencies = { Health = 300 }

[rules]
yard = false

[[minimum_per_zone]]
service_id = "clinic"
zone_kind = "sub_district"

[scenarios.lean]
budget = 100
weights = { library = 0.5 }
people_factors = { 65p = 1.1 }
""",
    "demand.csv": """\
demand_id,x,y,people_0_17,people_18_64,people_65p,people_workers,zone_sub_district
D1,448000,4419000,100,300,100,50,west
D2,448400,4419000,100,300,100,50,east
""",
    "services.csv": """\
service_id,name,name_zh,agency,kind,people_cap,unit,standard_min,mode,weight
clinic,Clinic,诊所,Health,capacity,,visit,10,walk,2
library,Library,图书馆,Culture,reach,400,person,15,walk,1
""",
    "needs.csv": """\
service_id,group,need_per_person
clinic,65p,0.5
library,0_17,1
""",
    "modules.csv": """\
module_id,service_id,capacity,floor_area_m2,yard_m2,works_cost,standalone,max_floor
clinic_s,clinic,50,150,0,135,no,2
library_s,library,,100,0,80.5,no,
""",
    "buildings.csv": """\
building_id,name,class,x,y,floor_area_m2,acquisition_cost,floors,lift,owner_consent,zone_sub_district
B1,Old office,office,448000,4419000,300,100,3,yes,agreed,west
B2,Corner shop,shop,448400,4419000,120,0,1,no,,east
B3,Court,office,448200,4419000,500,0,,,open,west
""",
    "facilities.csv": """\
facility_id,service_id,name,x,y,capacity,building_id,floor_area_m2,zone_sub_district
F1,clinic,First clinic,448000,4419000,20,,,west
F2,library,Reading room,448200,4419000,,B3,80,west
""",
    "eligibility.csv": """\
class,service_id,status,cost_factor
office,clinic,allowed,1.1
office,library,allowed,
shop,library,needs_approval,
""",
    "suitability.csv": """\
service_id,module_id,field,comparison,value
clinic,,floors,at_least,2
library,library_s,owner_consent,differs,refused
""",
    "zones.csv": """\
zone_id,kind,name
west,sub_district,West
east,sub_district,East
""",
    "locks.csv": """\
building_id,service_id,module_id,status
B1,clinic,,required
B2,library,library_s,forbidden
""",
    "network_nodes.csv": """\
node_id,x,y
N1,448000,4419000
N2,448400,4419000
""",
    "network_edges.csv": """\
edge_id,u,v,length_m
E1,N1,N2,400
""",
}

MORE = {
    "instance.toml": FILES["instance.toml"]
    .replace(
        "[base]",
        """\
[plan]
start_year = 2026
years = 3
yearly = true
outlook_years = 2
rent_free_owner_levels = ["district"]
rent_free_services = ["library"]

[plan.land_quota_m2]
2026 = 500
2028 = 250.5

[base]
year = 2025""",
    )
    .replace(
        "[rules]",
        """\
agency_shares = { Health = 0.4 }
zones = { west = 400 }
yearly_rent = 20
carry_over = false
years = { 2026 = 200, 2027 = 150.5, 2028 = 100 }

[objective]
by_rank = true
blank_factor = 1.5
equity_zone_kind = "sub_district"

[first_refusal]
services = ["library"]
zone_kind = "sub_district"
min_area_m2 = 200

[[maximum_per_zone]]
service_id = "library"
zone_kind = "sub_district"
count = 2

[[zone_floor]]
service_id = "clinic"
zone_kind = "sub_district"
share = 0.1
zones = ["west"]

[[self_sufficiency]]
service_id = "clinic"
zone_kind = "sub_district"
share = 0.5

[[reserve]]
zone_kind = "sub_district"
share = 0.05

[rules]
self_sufficiency = true""",
    )
    .replace(
        "[scenarios.lean]",
        """\
[scenarios.at_once]
plan = { yearly = false, start_year = 2027 }
objective = { by_rank = false, equity_zone_kind = "" }
ranks = { library = 1 }
zone_budgets = { west = 300 }
year_budgets = { 2027 = 90 }
fund_amounts = { lottery = 80 }
priorities = [{ service_id = "clinic", factor = 2 }, { zone_id = "east", factor = 1.5 }]
locks = [{ building_id = "B3", status = "required", year = 2027 }]
conditions = [{ building_id = "B3", extra_cost = 12.5, condition = "no works in spring" }]

[scenarios.lean]""",
    ),
    "population.csv": """\
year,group,zone_id,factor
2026,65p,,1.02
2027,65p,west,1.05
2028,,,0.99
2030,,east,0.95
""",
    "cohorts.csv": "birth_year,zone_id,people\n"
    + "".join(f"{year},,{12 - year % 3}\n" for year in range(2007, 2029)),
    "funds.csv": """\
fund_id,name,name_zh,amount,services,agencies,zones
district,District,区级,400,,,
lottery,Lottery,彩票,100.5,library|clinic,Culture,west | east
""",
    "spaces.csv": """\
building_id,space,area_m2,services
B1,ground,100,
B1,upper,200,clinic|library
""",
    "tenures.csv": """\
building_id,mode,acquisition_cost,yearly_rent_per_m2,from_year,years,area_m2,services,public_share
B1,purchase,100,0,2027,,,,
B1,rent,0,0.2,,2,150,library,0.7
""",
    "conditions.csv": """\
building_id,service_id,extra_cost,delay_years,max_area_m2,condition,source
B1,,10,,,facade first,heritage office
B1,clinic,,0.5,180,,
""",
    "outputs.csv": "module_id,service_id,capacity\nclinic_s,library,30\n",
    "links.csv": """\
link_id,service_id,module_id,hub_service_id,zone_kind,within_min
near,library,,clinic,,12.5
same,clinic,clinic_s,library,sub_district,
""",
    "pairs.csv": """\
service_id,other_service_id,kind,bonus,shared_area_m2
clinic,library,synergy,1.5,20
""",
    "preferences.csv": """\
service_id,field,comparison,value,bonus
library,floors,at_most,3,1
,owner_level,one_of,district|municipal,0.5
""",
    "priorities.csv": """\
service_id,group,zone_id,factor
clinic,65p,,1.5
,,east,1.2
""",
    "decay.csv": "service_id,minutes,value\nclinic,5,1\nclinic,12,0.4\n",
    "targets.csv": """\
target_id,service_id,value,unit,base_value,base_people,base_stock,measure,per,comparison,hard,also_services,tag,share_of
beds,clinic,0.02,per person,0.01,1000,,capacity,per_person,at_least,no,library,,
share,clinic,0.9,share,0.2,,50,count,share,at_most,yes,,day,library
""",
    "modules.csv": """\
module_id,service_id,capacity,floor_area_m2,yard_m2,works_cost,standalone,max_floor,host_service_id,host_capacity,spaces,slots,tags
clinic_s,clinic,50,150,0,135,no,2,,,ground|upper,day | evening,day
library_s,library,,100,0,80.5,no,,clinic,5,,,
""",
    "travel.csv": "origin_id,destination_id,minutes,group\nD1,B1,3,\nD2,B2,2.5,65p\n",
}
"""Further tables and settings, so that every table has rows; they go with `FILES`."""


def write_riverside(folder: Path, **changes: str | None) -> Path:
    """Write the instance; `changes` replace whole files (``demand_csv=``), None leaves one out."""
    folder.mkdir(parents=True, exist_ok=True)
    files = dict(FILES)
    for key, text in changes.items():
        name = ".".join(key.rsplit("_", 1))
        if text is None:
            del files[name]
        else:
            files[name] = text
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8")
    return folder


def write_whole_riverside(folder: Path) -> Path:
    """Write the instance with every table filled."""
    write_riverside(folder)
    for name, text in MORE.items():
        (folder / name).write_text(text, encoding="utf-8")
    return folder


def edited(name: str, old: str, new: str) -> str:
    """Return a file with the one place changed that reads `old`."""
    text = FILES[name]
    assert text.count(old) == 1, f"{old!r} occurs {text.count(old)} times in {name}"
    return text.replace(old, new)
