"""A page's answer when one of its charts is asked for as a file."""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Iterable

import orjson
from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseBadRequest,
    HttpResponseNotModified,
)
from django.utils.html import escape
from django.utils.http import parse_etags, quote_etag

from facsweb.charts.chart import Chart, plain_cell
from facsweb.charts.fit import fitted
from facsweb.charts.render import drawn, renderer_version
from facsweb.charts.theme import THEMES, config_of

WIDTHS = {"wide": 640, "narrow": 330}
KINDS = {
    "svg": "image/svg+xml",
    "png": "image/png",
    "csv": "text/csv; charset=utf-8",
    "json": "application/vnd.vegalite.v6+json",
}
#: Times the picture's size in pixels: more is for posters, and costs memory by its square.
LARGEST_SCALE = 4
CHOICES = {
    "format": tuple(KINDS),
    "theme": tuple(THEMES),
    "width": tuple(WIDTHS),
    "scale": tuple(str(scale) for scale in range(1, LARGEST_SCALE + 1)),
}


def picture_asked_for(request: HttpRequest, charts: Iterable[Chart]) -> HttpResponse | None:
    """Answer `?chart=NAME&format=svg|png|csv|json` of a page; None where no chart is asked for.

    `theme` (light, dark), `width` (wide, narrow) and, of a PNG, `scale` (1 to 4) may be said. A
    browser may keep the answer, and asks each time whether it still holds.

    Raises
    ------
    Http404
        If the page has no such chart.
    """
    name = request.GET.get("chart")
    if name is None:
        return None
    chart = next((each for each in charts if each.name == name), None)
    if chart is None:
        raise Http404("This page has no such chart.")
    defaults = {"format": "svg", "theme": "light", "width": "wide", "scale": "2"}
    asked = {key: request.GET.get(key, default) for key, default in defaults.items()}
    for key, allowed in CHOICES.items():
        if asked[key] not in allowed:
            told = f"“{key}” must be one of {', '.join(allowed)}."
            return HttpResponseBadRequest(told, content_type="text/plain; charset=utf-8")
    return _answer(request, chart, asked)


def _answer(request: HttpRequest, chart: Chart, asked: dict[str, str]) -> HttpResponse:
    kind, source = asked["format"], _source(chart, asked)
    state = repr((source, kind, asked["scale"], renderer_version())).encode()
    etag = quote_etag(hashlib.sha256(state).hexdigest()[:32])
    known = parse_etags(request.headers.get("If-None-Match", ""))
    response: HttpResponse
    if etag in known or "*" in known:
        response = HttpResponseNotModified()
    else:
        if kind == "svg":
            # Vega puts no words on the whole picture: who opens the file is told them by its title.
            title = f"><title>{escape(chart.alt)}</title>".encode()
            body = drawn(source, kind, 1).replace(b">", title, 1)
        elif kind == "png":
            body = drawn(source, kind, int(asked["scale"]))
        else:
            body = source.encode()
        response = HttpResponse(body, content_type=KINDS[kind])
        response["Content-Disposition"] = f'inline; filename="{chart.name}.{kind}"'
    response["ETag"] = etag
    response["Cache-Control"] = "private, no-cache"
    return response


def _source(chart: Chart, asked: dict[str, str]) -> str:
    """Return what the file is made of: for a CSV file its text, else the whole specification."""
    if asked["format"] == "csv":
        text = io.StringIO()
        rows = ([plain_cell(cell) for cell in row] for row in chart.rows)
        csv.writer(text).writerows([chart.columns, *rows])
        return text.getvalue()
    spec = fitted(chart, WIDTHS[asked["width"]])
    return orjson.dumps({**spec, "config": config_of(THEMES[asked["theme"]])}).decode()
