"""The classic location problems, proven and recounted: `siting.classic.mclp(demand, sites, ...)`.

Each takes tables or files of demand points and sites, and returns one `Answer`.
"""

from siting.classic.answer import Answer, Options
from siting.classic.center import p_center
from siting.classic.coverage import bclp, lscp, lscp_b, mclp
from siting.classic.dispersion import p_dispersion
from siting.classic.median import k_nearest_p_median, p_median
from siting.classic.sourcing import cflp, cmclp

__all__ = [
    "Answer",
    "Options",
    "bclp",
    "cflp",
    "cmclp",
    "k_nearest_p_median",
    "lscp",
    "lscp_b",
    "mclp",
    "p_center",
    "p_dispersion",
    "p_median",
]
