"""The only home of solvers."""
