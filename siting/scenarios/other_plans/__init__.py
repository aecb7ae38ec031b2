"""Other plans of a town than the best: the next best ones, and ones that are different."""
