"""Outcomes of actions, and reasons of refusals, as pages show them and their scripts get them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect

from facsweb.problems import Problem
from facsweb.rest.statuses import status_of


def wants_json(request: HttpRequest) -> bool:
    """Tell whether a script of ours asks by `fetch`. Plain forms and htmx get pages."""
    return request.headers.get("Accept") == "application/json"


def problem_as_json(problem: Problem) -> JsonResponse:
    """Answer a page's script with a refusal."""
    shape = {"code": problem.code, "detail": problem.detail}
    return JsonResponse(shape, status=status_of(problem))


@contextmanager
def refusal_as_message(request: HttpRequest, level: int = messages.ERROR) -> Iterator[None]:
    """Show a refusal as a message on the next page.

    What the block does after the refused action is left out.
    """
    try:
        yield
    except Problem as refused:
        messages.add_message(request, level, refused.detail)


def told(request: HttpRequest, act: Callable[[], str], then: str) -> HttpResponse:
    """Carry out `act`, and report the text that it returns, or why it is refused.

    A script gets that as JSON, everybody else as a message on the page at `then`.
    """
    if not wants_json(request):
        with refusal_as_message(request):
            messages.success(request, act())
        return redirect(then)
    try:
        return JsonResponse({"said": act()})
    except Problem as refused:
        return problem_as_json(refused)
