"""How far every demand point is from every place."""
