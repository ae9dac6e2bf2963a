"""The tag that draws a chart: `{% load charts %}{% chart chart %}`."""

from __future__ import annotations

from typing import Any

from django import template
from django.template import Context

from facsweb.charts.chart import Chart, Link
from facsweb.charts.theme import THEMES, config_of

register = template.Library()


@register.inclusion_tag("charts/chart.html", takes_context=True)
def chart(context: Context, chart: Chart) -> dict[str, Any]:
    """Render a chart as a figure: its picture, its files and its table.

    Without JavaScript the picture is an image that the server draws; with it, the browser draws
    the same in its place. The page's view must answer for the files (`picture_asked_for`).
    """
    query = context["request"].GET.copy()
    for key in ("format", "theme", "width", "scale"):
        query.pop(key, None)
    query["chart"] = chart.name
    rows = [
        [(cell, isinstance(cell, Link), isinstance(cell, (int, float))) for cell in row]
        for row in chart.rows
    ]
    drawing = {
        "spec": {**chart.spec, "description": chart.alt},
        "themes": {name: config_of(theme) for name, theme in THEMES.items()},
    }
    return {
        "chart": chart,
        "query": query.urlencode(),
        "rows": rows,
        "drawing": drawing,
        "drawing_id": f"chart-{chart.name}-drawing",
    }
