"""Towns that are made up: any size, from a seed, flagged as synthetic.

`generate_town` makes a town from a `TownSpec`; `generate_xicheng` makes the bundled district around
its published figures. The order of work: shapes, streets, people, existing facilities, candidates.
"""

from siting.instance.generate.spec import District, TownSpec
from siting.instance.generate.town import generate_town
from siting.instance.generate.xicheng import XICHENG_SEED, generate_xicheng

__all__ = ["XICHENG_SEED", "District", "TownSpec", "generate_town", "generate_xicheng"]
