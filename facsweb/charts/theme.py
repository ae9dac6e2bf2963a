"""Colours by day and by night, type and spacing of every chart, as a Vega-Lite config. No Django.

The colours are those of `tokens.css`, to which a test holds them. Series are told apart by colours
of Okabe and Ito (2008, "Color Universal Design"), of each theme those with a contrast of 3 : 1 to
the page's sheet (WCAG 2.2, 1.4.11).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Theme:
    """The colours of a theme: the page's tokens; `bar`; `series` in the order they are given out.

    A bar is the accent made so light that a whisker over it is seen.
    """

    sheet: str
    ink: str
    ink_2: str
    line: str
    line_strong: str
    accent: str
    accent_tint: str
    bar: str
    series: tuple[str, ...]


THEMES = {
    "light": Theme(
        sheet="#fffefb",
        ink="#1f2426",
        ink_2="#555c5f",
        line="#dcd8cf",
        line_strong="#8d9296",
        accent="#14606b",
        accent_tint="#e1eef0",
        bar="#5b96a0",
        series=("#0072b2", "#d55e00", "#009e73", "#1f2426"),
    ),
    "dark": Theme(
        sheet="#1d2225",
        ink="#e9e7e2",
        ink_2="#aeb4b6",
        line="#343b3f",
        line_strong="#7a8286",
        accent="#6cc0cb",
        accent_tint="#1d3539",
        bar="#3f8590",
        series=("#56b4e9", "#e69f00", "#009e73", "#e9e7e2", "#cc79a7", "#f0e442"),
    ),
}
FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Noto Sans', sans-serif"


def config_of(theme: Theme) -> dict[str, Any]:
    """Return the config that gives any specification the page's look.

    Marks have the accent; a mark with `"style": "reference"` is a quiet rule to compare with,
    one with `"style": "whisker"` the interval of a figure.
    """
    return {
        "background": theme.sheet,
        "font": FONT,
        "view": {"stroke": None},
        "mark": {"color": theme.accent},
        "rule": {"color": theme.ink},
        "text": {"color": theme.ink, "fontSize": 12},
        "line": {"strokeWidth": 2},
        "bar": {"color": theme.bar, "cornerRadiusEnd": 2},
        "style": {
            "reference": {"color": theme.ink_2, "stroke": theme.ink_2, "strokeDash": [4, 3]},
            "whisker": {"color": theme.ink, "strokeWidth": 1.5},
        },
        "axis": {
            "labelColor": theme.ink_2,
            "titleColor": theme.ink_2,
            "gridColor": theme.line,
            "domainColor": theme.line_strong,
            "tickColor": theme.line_strong,
            "labelFontSize": 12,
            "titleFontSize": 12,
            "titleFontWeight": "normal",
            "labelLimit": 160,
        },
        "axisQuantitative": {"tickCount": 5},
        "legend": {
            "labelColor": theme.ink,
            "titleColor": theme.ink_2,
            "labelFontSize": 12,
            "titleFontSize": 12,
            "titleFontWeight": "normal",
            "orient": "top",
        },
        "header": {
            "labelColor": theme.ink,
            "titleColor": theme.ink_2,
            "labelFontSize": 12,
            "labelFontWeight": "bold",
        },
        "range": {
            "category": list(theme.series),
            "heatmap": [theme.accent_tint, theme.accent],
            "ramp": [theme.accent_tint, theme.accent],
            "diverging": [theme.series[1], theme.line, theme.series[0]],
        },
    }
