"""Faults: real processes are killed, stopped and starved, and what was acknowledged is looked for.

`python -m tests.faults` (`make faults`) runs them all; `tests/faults/test_faults.py` runs a dozen.
"""
