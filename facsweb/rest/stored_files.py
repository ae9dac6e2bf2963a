"""Answers that are stored files: for those who may see them, and for no shared cache."""

from __future__ import annotations

from collections.abc import Callable
from typing import IO, Any

from django.http import FileResponse, Http404, HttpRequest, HttpResponseBase
from django.utils.cache import get_conditional_response
from django.utils.http import quote_etag


def private_file(
    request: HttpRequest, opened: Callable[[], IO[bytes] | Any], content_type: str, tag: str
) -> HttpResponseBase:
    """Answer with a stored file, or with 304 if the client has the one of this `tag` already.

    Parameters
    ----------
    opened
        Opens it. FileNotFoundError means that it is gone: 404.
    """
    etag = quote_etag(tag)
    answer: HttpResponseBase | None = get_conditional_response(request, etag=etag)
    if answer is None:
        try:
            answer = FileResponse(opened(), content_type=content_type)
        except FileNotFoundError:
            raise Http404("The image file is missing.") from None
    answer["ETag"] = etag
    answer["Cache-Control"] = "private, no-store"
    answer["X-Content-Type-Options"] = "nosniff"
    answer["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return answer
