"""Runs side by side, for people: tables, workbook, pictures and a summary in words."""
