"""Folders of runs: whole or not at all, never overwritten."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path

from siting.certificate import CERTIFICATE_FILE, write_certificate
from siting.errors import Finding, InstanceError
from siting.solution import Solution
from siting.store.index import enter_run
from siting.store.values import SOLUTION_FILE, plain, result_values, write_need

FileWriter = Callable[[Path], None]


def save_run(
    solution: Solution,
    need: Mapping[str, float],
    files: Mapping[str, FileWriter],
    *,
    root: Path,
    verified: bool,
    instance_path: Path,
    out: Path | None = None,
) -> Path:
    """Write a run and return its folder: ``root/<instance>/<run>``, or `out`.

    All is written to a temporary folder beside it, which is then renamed, so that a crash leaves
    the old or the new and never half. Runs under `root` enter the index; one at `out` does not.

    Parameters
    ----------
    files
        Writers by file name, each given the path to write.
    instance_path
        Where the instance was read from, for `siting verify`.

    Raises
    ------
    InstanceError
        When `out` exists already.
    """
    provenance = solution.provenance

    def write(partial: Path, folder: Path) -> None:
        for name, write_file in files.items():
            write_file(partial / name)
        if solution.has_plan:
            write_need(solution.service, partial / "need.csv")
        if solution.certificate is not None:
            write_certificate(solution.certificate, partial / CERTIFICATE_FILE)
        values = result_values(solution, need, verified=verified, folder=folder)
        values["instance_path"] = str(instance_path)
        text = json.dumps(values, ensure_ascii=False, indent=1, default=plain)
        (partial / SOLUTION_FILE).write_text(text + "\n", encoding="utf-8")

    folder = save_folder(write, root / provenance.instance, provenance.instance_hash, out=out)
    if out is None:
        enter_run(root, folder)
    return folder


def save_folder(
    write: Callable[[Path, Path], None],
    parent: Path,
    content_hash: str,
    *,
    prefix: str = "",
    out: Path | None = None,
) -> Path:
    """Write a new folder whole or not at all, and return it: `out`, or a new one in `parent`.

    Parameters
    ----------
    write
        Given the temporary folder to write into and the folder that it will become.

    Raises
    ------
    InstanceError
        When `out` exists already.
    """
    refuse_existing(out)
    stamp = datetime.now(UTC).strftime("%Y%m%d-%H%M%S")
    folder = out or _free(parent / f"{prefix}{stamp}-{content_hash[:6]}")
    folder.parent.mkdir(parents=True, exist_ok=True)
    partial = Path(tempfile.mkdtemp(prefix=".partial-", dir=folder.parent))
    try:
        write(partial, folder)
        partial.chmod(0o755)
        return _rename(partial, folder, may_step_aside=out is None)
    except BaseException:
        shutil.rmtree(partial, ignore_errors=True)
        raise


def refuse_existing(out: Path | None) -> None:
    """Raise where a folder that is to be made exists already.

    Raises
    ------
    InstanceError
        When it does.
    """
    if out is not None and out.exists():
        finding = Finding(
            place=str(out),
            rule="exists already; runs are never overwritten",
            remedy="name a new folder",
        )
        raise InstanceError("--out", [finding])


def add_files(folder: Path, files: Mapping[str, FileWriter]) -> list[str]:
    """Write the files that a folder lacks, all or none, and return their names.

    Files that are there are left as they are.
    """
    lacking = [name for name in files if not (folder / name).exists()]
    added: list[str] = []
    partial = Path(tempfile.mkdtemp(prefix=".partial-", dir=folder))
    try:
        for name in lacking:
            files[name](partial / name)
        for name in lacking:
            if _moved(partial / name, folder / name):
                added.append(name)  # noqa: PERF401  kept up to the one that fails
    except BaseException:
        for name in added:
            (folder / name).unlink(missing_ok=True)
        raise
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    return added


def _moved(written: Path, target: Path) -> bool:
    """Move a file to where none is; return whether none was."""
    try:
        os.link(written, target)  # unlike a rename, this never replaces
    except FileExistsError:
        return False
    except OSError:  # a file system without links
        if target.exists():
            return False
        written.rename(target)
    return True


def find_run(name: str, root: Path) -> Path:
    """Return the folder of a run named by its path or by its id.

    Raises
    ------
    InstanceError
        When there is no such run.
    """
    if (Path(name) / SOLUTION_FILE).exists():
        return Path(name)
    found = sorted(root.glob(f"*/{name}/{SOLUTION_FILE}")) if name else []
    if len(found) == 1:
        return found[0].parent
    rule = "no such run" if not found else f"{len(found)} runs have this id"
    remedy = "see `siting runs`, or name the run's folder"
    raise InstanceError("run", [Finding(place="RUN", value=f'"{name}"', rule=rule, remedy=remedy)])


def _free(folder: Path) -> Path:
    candidate, number = folder, 2
    while candidate.exists():
        candidate = folder.with_name(f"{folder.name}-{number}")
        number += 1
    return candidate


def _rename(partial: Path, folder: Path, *, may_step_aside: bool) -> Path:
    """Rename to `folder`, or to the next free name where another run took it meanwhile."""
    while True:
        try:
            os.rename(partial, folder)  # noqa: PTH104  fails where the target holds anything
        except OSError:
            if not (may_step_aside and folder.exists()):
                raise
            folder = _free(folder)
        else:
            return folder
