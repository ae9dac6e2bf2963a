"""Signals of runs. Whatever wants to hear of them connects; nothing here knows its receivers."""

from django.dispatch import Signal

#: A running run has ended. Arguments: `run`, and `status`, one of Run.Status.
#:
#: Sent by the run's class, inside the transaction that ends it: rows that a receiver writes are
#: written with the end or not at all, and an error of a receiver undoes both.
run_finished = Signal()
