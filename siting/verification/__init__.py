"""Recomputes every rule and score of a plan by code that never met model or solver."""

from siting.verification.checking import CHECKS, verify_solution
from siting.verification.outcome import Check, Verification

__all__ = ["CHECKS", "Check", "Verification", "verify_solution"]
