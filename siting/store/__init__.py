"""Runs on disk: whole or not at all, never overwritten, listed in an index that can be rebuilt."""

from siting.store.folders import (
    FileWriter,
    add_files,
    find_run,
    refuse_existing,
    save_folder,
    save_run,
)
from siting.store.index import INDEX, list_runs, query_runs, rebuild_index
from siting.store.values import load_run, result_values, write_need

__all__ = [
    "INDEX",
    "FileWriter",
    "add_files",
    "find_run",
    "list_runs",
    "load_run",
    "query_runs",
    "rebuild_index",
    "refuse_existing",
    "result_values",
    "save_folder",
    "save_run",
    "write_need",
]
