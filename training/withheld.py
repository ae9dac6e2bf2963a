"""Figures of all faces, withheld from whoever still has faces to code blind.

A total is nobody's reading. But the gallery counts what its filters find among the faces that one
may read, so a total less that count tells of the faces that one may not: of a single one, its
truth, unit by unit. Agreement is withheld for the same reason.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import wraps
from typing import Any

from django.contrib.auth.models import User
from django.http import HttpResponseBase
from django.shortcuts import render
from django.urls import URLPattern, URLResolver

from annotations.visibility import hidden_faces, hides_anything
from facsweb.accounts.types import SignedInRequest
from facsweb.problems import Forbidden

View = Callable[..., HttpResponseBase]
#: Methods that only read (RFC 9110, section 9.2.1).
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


class CodeFirst(Forbidden):
    code = "code_first"


REASON = (
    "You have faces to code blind. Figures of all faces, less those that you may read, would tell "
    "what is said of the others: save your own readings first."
)


def withheld_pages(patterns: Iterable[URLPattern | URLResolver]) -> list[URLPattern | URLResolver]:
    """Return addresses whose pages aren't shown to whom any face is hidden from.

    What is done there by POST is for the policies; a page that it answers with is withheld, too.
    """
    found = list(patterns)
    for pattern in found:
        if isinstance(pattern, URLResolver):
            withheld_pages(pattern.url_patterns)
        else:
            pattern.callback = _withheld(pattern.callback)
    return found


def check_nothing_hidden(user: User) -> None:
    """Raise CodeFirst if any face is hidden from `user`."""
    if hides_anything(user):
        raise CodeFirst(REASON)


def _withheld(view: View) -> View:
    @wraps(view)
    def guarded(request: SignedInRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not hides_anything(request.user):
            return view(request, *args, **kwargs)
        if request.method not in SAFE_METHODS:
            answer = view(request, *args, **kwargs)
            if 300 <= answer.status_code < 400:
                return answer
        hidden = hidden_faces(request.user)
        context = {"reason": REASON, "left": hidden.count() if hidden is not None else 0}
        return render(request, "training/withheld.html", context, status=403)

    return guarded
