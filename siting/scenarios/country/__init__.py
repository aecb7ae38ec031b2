"""Many districts that share one budget: each has its frontier, the money goes where it serves."""
