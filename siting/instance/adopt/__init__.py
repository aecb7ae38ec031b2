"""Adopting foreign data: tables through a mapping file, and OpenStreetMap extracts."""
