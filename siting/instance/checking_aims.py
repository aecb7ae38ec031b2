"""Whether targets, funds and the tiers of the objective can be what they say."""

from __future__ import annotations

from collections.abc import Iterator

from siting.errors import Finding
from siting.instance.checking_scenarios import variants
from siting.instance.given import Given, shown
from siting.instance.rulebook import RULES
from siting.instance.settings import Settings
from siting.instance.settings_file import join_key

MOST_FUNDS = 10
"""Every union of what funds may pay for is a rule, so their number doubles with each fund."""

_PER_HEAD = ("per_1000", "per_person")


def find_errors(given: Given) -> list[Finding]:
    """Return targets without a meaning, too many funds, and tiers that exclude each other."""
    return [*_shares(given), *_bases(given), *_funds(given), *_worth(given)]


def _shares(given: Given) -> list[Finding]:
    targets = given["targets"]
    share = targets.frame["per"].eq("share")
    return [
        finding
        for column in ("value", "base_value")
        for finding in targets.findings(
            (share & (targets.frame[column] > 1)).to_numpy(bool),
            column,
            "must be between 0 and 1 for a share",
            "a share of 20 % is 0.2",
        )
    ]


def _bases(given: Given) -> list[Finding]:
    """A value of the base year is no stock until it is known what it is a part of."""
    targets = given["targets"]
    frame = targets.frame
    stated = frame["base_value"].notna()
    remedy = "or leave base_value empty, to count the facilities"
    return [
        *targets.findings(
            (stated & frame["per"].isin(_PER_HEAD) & frame["base_people"].isna()).to_numpy(bool),
            "base_people",
            "must be filled for a base_value per head",
            remedy,
        ),
        *targets.findings(
            (stated & frame["per"].eq("share") & frame["base_stock"].isna()).to_numpy(bool),
            "base_stock",
            "must be filled for a base_value that is a share",
            remedy,
        ),
    ]


def _funds(given: Given) -> list[Finding]:
    funds = given["funds"]
    if len(funds) <= MOST_FUNDS:
        return []
    rule = f"has {len(funds)} funds; at most {MOST_FUNDS} can be told apart"
    return [funds.about("fund_id", rule, "join those that may pay for the same")]


def _worth(given: Given) -> Iterator[Finding]:
    """Money for a point of need has no meaning where other tiers stand between the two."""
    if given.settings is None:
        return
    said = False
    for variant in variants(given.settings):
        objective = variant.settings.objective
        rivals = _other_tiers(given, variant.settings) if objective.worth is not None else []
        if not rivals or said:
            continue
        said = not variant.path  # then every scenario would only repeat it
        yield Finding(
            place=given.settings_place,
            column=join_key([*variant.path, "objective", "worth"]),
            value=shown(objective.worth),
            rule=f"works only beside need and money, not with {' and '.join(rivals)}",
        )


def _other_tiers(given: Given, settings: Settings) -> list[str]:
    """Return what adds a tier to those of need and money."""

    def on(rule: str) -> bool:
        return settings.rules.get(rule, RULES[rule].default_on)

    targets, pairs = given["targets"], given["pairs"]
    synergies = pairs.frame["kind"].eq("synergy") & (pairs.frame["bonus"] > 0)
    tiers = {
        "objective.by_rank": settings.objective.by_rank,
        "objective.equity_zone_kind": bool(settings.objective.equity_zone_kind),
        "objective.nearness": settings.objective.nearness,
        f"targets of {targets.place} that are not hard": (
            on("targets") and not targets.frame["hard"].astype(bool).all()
        ),
        given["preferences"].place: len(given["preferences"]) > 0,
        f"a bonus of {pairs.place}": on("synergy") and bool(synergies.any()),
    }
    return [name for name, there in tiers.items() if there]
