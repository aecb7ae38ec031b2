"""What is said of a proof is never more than was proven."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from report_plans import solution_of, tiny

from siting.report.labels import percent_up
from siting.report.sentences import money_proof, proof, verdict
from siting.solution import Limit, Solution, Termination, Tier


def ended(termination: Termination, **fields: object) -> Solution:
    return solution_of(tiny(), termination=termination, **fields)


def test_a_gap_is_rounded_up() -> None:
    """0.5 with a bound of 0.504001: 0.8002 % of the objective, 0.004001 / 0.3 = 1.3337 % of the
    gain over 0.2.
    """
    solution = ended(Termination.WITHIN_GAP, objective=0.5, bound=0.504001, today=0.2)
    assert proof(solution, "en") == (
        "Proven near the best: no plan can serve more than 0.81% more (weighted need), "
        "which is 1.34% of what this plan adds to today."
    )
    assert "0.81%" in proof(solution, "zh")
    assert "1.34%" in proof(solution, "zh")


@given(st.floats(0, 10))
def test_a_stated_gap_is_never_too_small(gap: float) -> None:
    assert float(percent_up(gap).rstrip("%")) / 100 >= gap - 1e-9


@pytest.mark.parametrize(
    ("termination", "fields", "text"),
    [
        (Termination.OPTIMAL, {}, "Proven best"),
        (Termination.FEASIBLE, {"limit": Limit.TIME, "bound": None}, "is not known"),
        (Termination.FEASIBLE, {"limit": Limit.INTERRUPT, "bound": 0.6}, "more than 20.00% more"),
        (Termination.INFEASIBLE, {"objective": None, "bound": None}, "no plan keeps all rules"),
        (Termination.NONE, {"objective": None, "limit": Limit.TIME}, "No plan was found"),
    ],
)
def test_every_ending_has_its_words(
    termination: Termination, fields: dict[str, object], text: str
) -> None:
    solution = ended(termination, **fields)
    assert text in proof(solution, "en")
    assert proof(solution, "zh").isascii() is False


def test_only_a_proof_is_called_one() -> None:
    solution = ended(Termination.FEASIBLE, limit=Limit.TIME, bound=0.51)
    assert "roven" not in proof(solution, "en")
    assert "证明" not in proof(solution, "zh")


def test_what_may_be_saved() -> None:
    """A cost of 100 with a bound of 90: 10 % may be saved; equal to its bound it is the least."""
    tier = Tier(name="money", value=100.0, bound=90.0, gap=0.1)
    assert "10.00%" in money_proof(ended(Termination.OPTIMAL, tiers=(tier,)), "en")
    tier = Tier(name="money", value=100.0, bound=100.0, gap=0.0)
    assert "least" in money_proof(ended(Termination.OPTIMAL, tiers=(tier,)), "en")
    assert not money_proof(ended(Termination.OPTIMAL), "en")


def test_a_failed_check_is_said_aloud() -> None:
    assert "FAILED" in verdict(verified=False, lang="en")
    assert "未通过" in verdict(verified=False, lang="zh")
