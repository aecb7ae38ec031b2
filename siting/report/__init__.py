"""What a plan looks like to people: tables, map, workbook, layers."""

from siting.report.files import run_files

__all__ = ["run_files"]
