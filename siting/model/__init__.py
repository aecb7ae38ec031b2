"""Conversions, rules, blocks of service, and the program made of them."""
