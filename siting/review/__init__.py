"""Out to the reviewers of sites, and their verdicts back."""
