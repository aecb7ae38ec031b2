"""The review in a shared PostGIS database: published by one, filled in by many.

What needs the driver, the extra ``postgis``, is imported when a database is used.
"""
