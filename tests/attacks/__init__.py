"""Attacks, by their number: `python -m tests.attacks` lists which test is about which of them.

T1 to T13 are what became advisories of other labelling tools (Label Studio, CVAT, doccano); A and B
are attacks on this one. Where a test stands with what it is about, only its name is here.
"""
