"""Maximal covering, proven: the classes of need that sites reach, cuts, search and a race."""
