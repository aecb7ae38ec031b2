"""Many cases carried out: by whom, in which order, and never twice."""
