"""Hypothesis: the same few examples in every run, so that a red run is red again.

``SITING_EXPLORE=1`` looks at new ones instead, and at more where a test names no number.
"""

import os

from hypothesis import settings

settings.register_profile("repeatable", derandomize=True, deadline=None, max_examples=30)
settings.register_profile("explore", deadline=None, print_blob=True)
settings.load_profile("explore" if os.environ.get("SITING_EXPLORE") else "repeatable")
