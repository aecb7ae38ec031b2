"""Damaged returns: files, columns and coordinates, and what must be said of each."""

from __future__ import annotations

from review_damage import (
    Damaged,
    bare_json,
    csv,
    cut_json,
    docx_called_xlsx,
    empty,
    gdb_without_tables,
    gpkg,
    half,
    other_layer,
    other_sheet,
    pdf,
    plain_sqlite,
    points,
    ragged_csv,
    shifted,
    shp,
    sql,
    text_called_gpkg,
    xlsx,
)
from review_returns import approved

TAKE = "take it from the exported file again"

FILES = {
    "no file": Damaged(
        build=lambda folder: folder / "back.gpkg",
        says=("back.gpkg: no such file or folder",),
        checks=("no_file",),
    ),
    "scanned as pdf": Damaged(
        build=pdf,
        says=("back.pdf: must be a .gpkg, .gdb, .shp, .geojson, .xlsx or .csv",),
        checks=("format",),
    ),
    "empty file": Damaged(
        build=empty,
        says=("back.gpkg: is empty (0 bytes) (ask for the file again)",),
        checks=("empty_file",),
    ),
    "text called gpkg": Damaged(
        build=text_called_gpkg,
        says=("back.gpkg: is no GeoPackage (ask for the file again)",),
        checks=("not_geopackage",),
    ),
    "SQLite, but no GeoPackage": Damaged(
        build=plain_sqlite,
        says=("back.gpkg: is no GeoPackage (ask for the file again)",),
        checks=("not_geopackage",),
    ),
    "half a GeoPackage": Damaged(
        build=half,
        says=("back.gpkg: is damaged: database disk image is malformed (ask for the file again)",),
        checks=("damaged",),
    ),
    "layer is missing": Damaged(
        build=other_layer,
        says=('back.gpkg: has no layer "review" (there are: sites)',),
        checks=("no_layer",),
    ),
    "layer is empty": Damaged(
        build=sql("DELETE FROM review"),
        says=("back.gpkg#review: has no rows (take it from the exported file again)",),
        checks=("no_rows",),
    ),
    "workbook is no zip": Damaged(
        build=docx_called_xlsx,
        says=("back.xlsx: is damaged: cannot be read as .xlsx workbook (ask for the file again)",),
        checks=("damaged",),
    ),
    "workbook without the sheet": Damaged(
        build=other_sheet,
        says=('back.xlsx: has no layer "review" (there are: notes)',),
        checks=("no_layer",),
    ),
    "Shapefile without .dbf": Damaged(
        build=shp(approved(), ".dbf"),
        says=(
            "back.shp: .dbf is missing (a Shapefile is .shp, .shx, .dbf, .prj and .cpg together)",
        ),
        checks=("part_missing",),
    ),
    "Shapefile without .shx and .dbf": Damaged(
        build=shp(approved(), ".shx", ".dbf"),
        says=(
            "back.shp: .shx is missing (a Shapefile is .shp, .shx, .dbf, .prj and .cpg together)",
            "back.shp: .dbf is missing (a Shapefile is .shp, .shx, .dbf, .prj and .cpg together)",
        ),
        checks=("part_missing", "part_missing"),
    ),
    "Shapefile without .prj": Damaged(
        build=shp(approved(), ".prj"),
        says=("back.shp: layer has no CRS (assign it in the GIS, or name it by --crs)",),
        checks=("no_crs",),
    ),
    "Chinese Shapefile without .cpg": Damaged(
        build=shp(approved(), ".cpg", encoding="GB18030"),
        says=(
            (
                "back.shp: holds text that is not ASCII, and no .cpg says how it is encoded "
                "(give --encoding GB18030 or --encoding UTF-8, whichever shows right)"
            ),
        ),
        checks=("encoding_unknown",),
    ),
    "Shapefile in another encoding than said": Damaged(
        build=shp(approved(), ".cpg", encoding="GB18030"),
        options={"encoding": "UTF-8"},
        says=("back.shp: is not text in UTF-8 (give the right one by --encoding)",),
        checks=("encoding_wrong",),
    ),
    "FileGDB without its tables": Damaged(
        build=gdb_without_tables,
        says=(("back.gdb: is damaged: cannot be read as a layer (ask for the file again)"),),
        checks=("damaged",),
    ),
    "GeoJSON cut off": Damaged(
        build=cut_json,
        says=("back.geojson: is damaged: no JSON from line 5 on (ask for the file again)",),
        checks=("damaged",),
    ),
    "GeoJSON of something else": Damaged(
        build=bare_json,
        says=(
            "back.geojson: is damaged: no FeatureCollection of GeoJSON (ask for the file again)",
        ),
        checks=("damaged",),
    ),
    "CSV with commas in text": Damaged(
        build=ragged_csv,
        says=("back.csv: row 3 has 37 cells where the header has 35",),
        checks=("unreadable",),
    ),
}

# Columns and coordinates

COLUMNS = {
    "decision column deleted": Damaged(
        build=gpkg(approved().drop(columns="decision")),
        says=(f"back.gpkg#review, decision: column is missing ({TAKE})",),
        checks=("no_column",),
    ),
    "key and reason deleted": Damaged(
        build=xlsx(approved().drop(columns=["building_id", "reason"])),
        says=(
            f"back.xlsx#review, building_id: column is missing ({TAKE})",
            f"back.xlsx#review, reason: column is missing ({TAKE})",
        ),
        checks=("no_column", "no_column"),
    ),
    "run and hash deleted": Damaged(
        build=csv(approved().drop(columns=["run_id", "instance_hash"])),
        says=(
            f"back.csv, run_id: column is missing ({TAKE})",
            f"back.csv, instance_hash: column is missing ({TAKE})",
        ),
        checks=("no_column", "no_column"),
    ),
    "columns that help deleted and added": Damaged(
        build=csv(approved().drop(columns=["zone"]).assign(remark="look again")),
        says=(
            "-- warnings",
            "back.csv, remark: is no column of the exported layer; it is ignored",
            "back.csv, zone: column is missing, so that nobody can tell whether it was changed",
        ),
        checks=("column_unknown", "column_gone"),
    ),
    "one field twice": Damaged(
        build=csv(approved().assign(审查意见="reject")),
        says=("back.csv, 审查意见: is the same column as decision (keep one)",),
        checks=("column_twice",),
    ),
    "layer without CRS": Damaged(
        build=sql("UPDATE gpkg_geometry_columns SET srs_id = -1"),
        says=("back.gpkg#review: layer has no CRS (assign it in the GIS, or name it by --crs)",),
        checks=("no_crs",),
    ),
    "CRS that nobody knows": Damaged(
        build=gpkg(approved()),
        options={"crs": "EPSG:999999"},
        says=(
            (
                'back.gpkg#review = EPSG:999999: "EPSG:999999" is no coordinate reference system; '
                "give an EPSG code or WKT"
            ),
        ),
        checks=("bad_crs",),
    ),
    "CRS of the next zone assigned": Damaged(
        build=gpkg(approved().set_crs("EPSG:4547", allow_override=True)),
        says=(
            (
                "back.gpkg#review: says EPSG:4547, but its coordinates are those of EPSG:4548 "
                "(assign the right CRS in the GIS, or name it by --crs)"
            ),
        ),
        checks=("wrong_crs",),
    ),
    "CRS of another datum assigned": Damaged(
        build=gpkg(approved().set_crs("EPSG:2436", allow_override=True)),
        says=(
            (
                "back.gpkg#review: says EPSG:2436, but its coordinates are those of EPSG:4548 "
                "(assign the right CRS in the GIS, or name it by --crs)"
            ),
        ),
        checks=("wrong_crs",),
    ),
    "easting and northing exchanged": Damaged(
        build=gpkg(approved().assign(geometry=lambda t: points(t.geometry.y, t.geometry.x))),
        says=("back.gpkg#review: easting and northing are exchanged (exchange them in the GIS)",),
        checks=("swapped",),
    ),
    "shifted by a map service": Damaged(
        build=shifted,
        says=(
            (
                "back.geojson: coordinates were shifted to GCJ-02 "
                "(return the layer with the coordinates that it was exported with)"
            ),
        ),
        checks=("shifted_datum",),
    ),
}
