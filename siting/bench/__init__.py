"""Benchmarks: instances, methods and the table of what they reached."""
