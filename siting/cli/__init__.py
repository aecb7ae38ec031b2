"""The command line: `siting ...`, the same by `python run.py ...`."""

from siting.cli.app import main

__all__ = ["main"]
