"""Making a specification as wide as its place. `charts.js` does the same in browsers. No Django."""

from __future__ import annotations

from typing import Any

from facsweb.charts.chart import Chart

#: What the bundle and the renderer both speak.
SCHEMA = "https://vega.github.io/schema/vega-lite/v6.json"
#: Pixels a small multiple needs to be read; the axis before the first; the gap between two.
FEWEST_PIXELS, AXIS_PIXELS, GAP_PIXELS = 220, 52, 20
DEFAULT_HEIGHT = 260


def fitted(chart: Chart, width: int) -> dict[str, Any]:
    """Return the chart's specification for a place `width` pixels wide, described for all.

    Small multiples (`facet`, `repeat`, `concat` with `columns`) stand in as many columns as there
    is room for; a single view takes the whole width, axes included.
    """
    spec = {**chart.spec, "$schema": SCHEMA, "description": chart.alt}
    if "spec" in spec:
        columns = max(1, min(int(spec.get("columns", 3)), width // FEWEST_PIXELS))
        room = width - AXIS_PIXELS - (columns - 1) * GAP_PIXELS
        inner = {"height": 150, **spec["spec"], "width": room // columns}
        return {**spec, "columns": columns, "spec": inner}
    autosize = {"type": "fit-x", "contains": "padding"}
    return {"height": DEFAULT_HEIGHT, "autosize": autosize, **spec, "width": width}
