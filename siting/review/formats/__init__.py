"""Layers as files: GeoPackage, FileGDB, Shapefile, GeoJSON, DXF, workbook."""
