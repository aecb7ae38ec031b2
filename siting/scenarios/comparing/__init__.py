"""Runs held against one another, by measures counted anew from what is stored."""
