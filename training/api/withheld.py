"""The API's part of what waits until nothing is hidden from who asks (training/withheld.py)."""

from __future__ import annotations

from typing import Any

from rest_framework.views import APIView

from training.withheld import SAFE_METHODS, check_nothing_hidden


class Withheld(APIView):
    """A part of the API whose answers aren't given to whom any face is hidden from."""

    #: Actions whose answers hold no more than the caller may read.
    readable_actions: frozenset[str] = frozenset()

    def initial(self, request: Any, *args: Any, **kwargs: Any) -> None:
        """Refuse what would tell, once it is known who asks."""
        super().initial(request, *args, **kwargs)
        tells = getattr(self, "action", None) not in self.readable_actions
        if request.method in SAFE_METHODS and tells:
            check_nothing_hidden(request.user)
