"""Every method in a process of its own, in turns, with a limit of time and the peak of memory."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict
from itertools import groupby
from pathlib import Path

from siting.bench.case import Case, Measured, Run

_GRACE_S = 60.0
"""Seconds beyond its limit that a process has for reading, building and ending."""

_MIB = 1024 if sys.platform != "darwin" else 1024**2
_POLL_S = 0.02


def run_all(
    cases: list[Case], folder: Path, *, repeats: int, say: Callable[[str], None]
) -> Iterator[Run]:
    """Yield the runs of all cases: by instance, in each repeat every method once.

    Parameters
    ----------
    folder
        Where the files of instances are written, and read by every method alike.
    """
    for (_, instance), members in groupby(cases, key=lambda c: (c.part, c.instance)):
        own = list(members)
        prepared = _in_process("prepare", own[0], folder)
        for repeat in range(repeats):
            for case in own:
                say(f"{instance}: {case.method}, {repeat + 1} of {repeats}")
                measured, seconds, peak = (
                    _in_process("run", case, folder) if prepared[0].ended != "not run" else prepared
                )
                yield Run(
                    case=case,
                    repeat=repeat,
                    measured=measured,
                    process_s=seconds,
                    peak_mib=peak,
                )


def _in_process(action: str, case: Case, folder: Path) -> tuple[Measured, float, float]:
    """Return what a process measured, its seconds and its peak of memory in MiB."""
    command = [sys.executable, "-m", "siting.bench.worker", action]
    command += [json.dumps(asdict(case)), str(folder)]
    began = time.monotonic()
    with tempfile.TemporaryFile("w+") as said, tempfile.TemporaryFile("w+") as failed:
        process = subprocess.Popen(  # noqa: S603  our own module
            command, stdout=said, stderr=failed, start_new_session=True
        )
        limit_s = case.limit_s + _GRACE_S
        status, peak = _awaited(process, limit_s)
        seconds = time.monotonic() - began
        said.seek(0)
        failed.seek(0)
        if status == 0:
            line = (said.read().strip().splitlines() or [""])[-1]
            measured = Measured(**json.loads(line)) if action == "run" else Measured(ended="done")
        else:
            measured = Measured(ended="not run", why=_why(status, limit_s, failed.read()))
    return measured, seconds, peak


def _awaited(process: subprocess.Popen[bytes], limit_s: float) -> tuple[int, float]:
    """Return the exit code and the peak of memory; a process over its limit is ended."""
    deadline = time.monotonic() + limit_s
    try:
        while True:
            ended, status, usage = os.wait4(process.pid, os.WNOHANG)
            if ended:
                process.returncode = os.waitstatus_to_exitcode(status)
                return process.returncode, usage.ru_maxrss / _MIB
            if time.monotonic() > deadline:
                os.killpg(process.pid, signal.SIGKILL)
            time.sleep(_POLL_S)
    finally:
        if process.returncode is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def _why(status: int, limit_s: float, failed: str) -> str:
    """Return in one line why a process handed nothing back."""
    if status == -signal.SIGKILL:
        return f"ended after {limit_s:.0f} s, or by the system for want of memory"
    lines = failed.strip().splitlines()
    return lines[-1][:200] if lines else f"exit code {status}"
