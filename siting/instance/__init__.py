"""Everything a plan is made from: schema, settings, reading, checking, writing."""
