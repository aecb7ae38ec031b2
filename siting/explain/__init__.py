"""Why a plan is as it is: what rules, sites and money are worth.

`price_rules` prices every rule, `price_site`, `price_sites` and `price_questions` what a site
brings or would cost, `next_sites` what more money would buy. Prices are intervals, see
`siting.explain.intervals`.
"""

from siting.explain.intervals import Interval
from siting.explain.more_money import MoneyStep, NextSites, next_sites
from siting.explain.rule_prices import RulePrice, RulePrices, price_rules
from siting.explain.site_prices import SitePrices, price_questions, price_site, price_sites
from siting.explain.site_questions import SitePrice, SiteQuestion

__all__ = [
    "Interval",
    "MoneyStep",
    "NextSites",
    "RulePrice",
    "RulePrices",
    "SitePrice",
    "SitePrices",
    "SiteQuestion",
    "next_sites",
    "price_questions",
    "price_rules",
    "price_site",
    "price_sites",
]
