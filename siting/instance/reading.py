"""Reading an instance: a folder, one GeoPackage or one workbook, checked as a whole."""

from __future__ import annotations

import logging
from pathlib import Path

from siting.errors import Finding, InstanceError
from siting.instance.checking import check_given
from siting.instance.gathering import gather
from siting.instance.instance import Instance

log = logging.getLogger(__name__)


def read_instance(path: str | Path, *, datum: str = "") -> tuple[Instance, list[Finding]]:
    """Read an instance and check it.

    Parameters
    ----------
    path
        A folder with `instance.toml` and tables (.csv, .parquet, layers of a .gpkg, sheets of an
        .xlsx, an .osm.pbf as network), one GeoPackage with `instance.toml` beside it, or one
        workbook with a sheet `instance`. Headers are English or Chinese.
    datum
        Shifted datum of lon and lat (``gcj02``, ``bd09``), before the one that the settings state.

    Returns
    -------
    tuple
        The instance, and warnings about it.

    Raises
    ------
    InstanceError
        When there is any error; it carries all findings.
    """
    path = Path(path)
    given, findings = gather(path, datum)
    findings = check_given(given, findings)
    if any(finding.severity == "error" for finding in findings) or given.settings is None:
        raise InstanceError(str(path), findings)
    tables = {name: table.frame for name, table in given.tables.items() if len(table)}
    name = path.resolve().name if path.is_dir() else path.stem
    log.info("read %s: %s", name, ", ".join(f"{len(t)} {n}" for n, t in tables.items()))
    return Instance(name=name, settings=given.settings, **tables), findings
