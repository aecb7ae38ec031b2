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


def edited(name: str, old: str, new: str) -> str:
    """Return a file with the one place changed that reads `old`."""
    text = FILES[name]
    assert text.count(old) == 1, f"{old!r} occurs {text.count(old)} times in {name}"
    return text.replace(old, new)
