"""Towns that are made up: any size, from a seed, flagged as synthetic.

`generate_town` makes a town from a `TownSpec` (in this order: shapes, streets, people, existing
facilities, candidates); `generate_xicheng` makes the bundled district around its published figures;
`generate_district` makes clustered districts of any size to measure on, `generate_country` many.
"""

from siting.instance.generate.country import generate_country
from siting.instance.generate.district import generate_district, with_budget_share
from siting.instance.generate.spec import District, TownSpec
from siting.instance.generate.town import generate_town
from siting.instance.generate.xicheng import XICHENG_SEED, generate_xicheng

__all__ = [
    "XICHENG_SEED",
    "District",
    "TownSpec",
    "generate_country",
    "generate_district",
    "generate_town",
    "generate_xicheng",
    "with_budget_share",
]
