"""The command line in this process: what a command says and how it ends, without a new Python."""

from __future__ import annotations

import contextlib
import io
import json
from dataclasses import dataclass
from pathlib import Path
from unittest import mock

import pytest

from siting.cli.app import main


@dataclass(frozen=True)
class Said:
    returncode: int
    stdout: str
    stderr: str

    @property
    def line(self) -> dict:
        """The one line of JSON that a command ends with."""
        return json.loads(self.stdout.splitlines()[-1])


def siting(*words: object, cwd: Path) -> Said:
    """Run a command in a folder; any error but one that is told to people fails the test."""
    out, err = io.StringIO(), io.StringIO()
    with (
        contextlib.chdir(cwd),
        mock.patch("sys.argv", ["siting", *map(str, words)]),
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(err),
        pytest.raises(SystemExit) as ended,
    ):
        main()
    return Said(int(ended.value.code or 0), out.getvalue(), err.getvalue())
