"""Good openings in seconds: built from a relaxation, then torn down in parts and rebuilt."""
