"""How a review looks and works in QGIS: styles, forms, project."""
