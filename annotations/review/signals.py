"""Signals of decisions. Receivers connect to them; nothing here knows which do.

Both are sent inside the transaction that writes the decision: rows that a receiver writes are
written with it or not at all.
"""

from django.dispatch import Signal

#: Somebody has decided on a face, or taken a decision back. Argument: `review`.
review_finished = Signal()

#: Somebody has decided on many faces at once. Arguments: `action`, a BulkAction; `faces`, how
#: many; and `decision`, the one of Review.Decision that each of them got.
bulk_review_finished = Signal()
