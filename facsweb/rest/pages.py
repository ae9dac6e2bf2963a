"""How a page tells what a verb did, or why it was refused: to people, and to the pages' scripts."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect

from facsweb.problems import Problem
from facsweb.rest.statuses import status_of


def wants_json(request: HttpRequest) -> bool:
    """Whether a script of ours asks by `fetch`. Plain forms and htmx get pages."""
    return request.headers.get("Accept") == "application/json"


def problem_as_json(problem: Problem) -> JsonResponse:
    """Tell a refusal to a page's script."""
    shape = {"code": problem.code, "detail": problem.detail}
    return JsonResponse(shape, status=status_of(problem))


@contextmanager
def refusal_as_message(request: HttpRequest, level: int = messages.ERROR) -> Iterator[None]:
    """Tell a refusal over the next page. What the block does after the refused verb is left out."""
    try:
        yield
    except Problem as refused:
        messages.add_message(request, level, refused.detail)


def told(request: HttpRequest, act: Callable[[], str], then: str) -> HttpResponse:
    """Let `act` do something, and tell the text that it answers with, or why it is refused.

    A script gets that as JSON, everybody else as a message over the page at `then`.
    """
    if not wants_json(request):
        with refusal_as_message(request):
            messages.success(request, act())
        return redirect(then)
    try:
        return JsonResponse({"said": act()})
    except Problem as refused:
        return problem_as_json(refused)
