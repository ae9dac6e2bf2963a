"""Measured, not tested: each module prints a table, and is run by `python -m`."""
