"""Charts: what a page declares as Vega-Lite, drawn by the browser, and by the server without one.

The room knows no face. docs/decisions/0004-charts.md says why it is built as it is.
"""

from facsweb.charts.chart import Cell, Chart, Link, Spec
from facsweb.charts.pictures import picture_asked_for

__all__ = ["Cell", "Chart", "Link", "Spec", "picture_asked_for"]
