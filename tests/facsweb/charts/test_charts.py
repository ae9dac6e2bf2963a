"""The room that draws charts: its files, its table, its colours."""

import csv
import io
import json
import re
from pathlib import Path

import pytest
from django.http import Http404
from django.template import engines
from django.test import RequestFactory

from facsweb import charts
from facsweb.charts.chart import Chart, Link
from facsweb.charts.finders import NAME, PackagedScript
from facsweb.charts.fit import fitted
from facsweb.charts.render import drawn
from facsweb.charts.theme import THEMES

TOKENS = Path(__file__).parents[3] / "facsweb" / "static" / "facsweb" / "tokens.css"
FIGURES = [{"unit": f"AU{au}", "f1": au / 30, "low": au / 40, "high": au / 26} for au in (4, 12)]
BARS = Chart(
    name="bars",
    title="F1 by unit",
    spec={
        "data": {"values": FIGURES},
        "encoding": {"y": {"field": "unit", "title": None}},
        "layer": [
            {"mark": "bar", "encoding": {"x": {"field": "f1", "type": "quantitative"}}},
            {
                "mark": {"type": "rule", "style": "whisker"},
                "encoding": {
                    "x": {"field": "low", "type": "quantitative"},
                    "x2": {"field": "high"},
                },
            },
        ],
    },
    columns=("Unit", "F1", "Note"),
    rows=((Link("AU4", "/?au=4"), 0.13, None), (Link("AU12", "/?au=12"), 0.4, "a <b>")),
    alt="AU12 is found better than AU4.",
)
SMALL = Chart(
    "small",
    "Each unit",
    {
        "data": {"values": FIGURES},
        "facet": {"field": "unit"},
        "columns": 4,
        "spec": {"mark": "point", "encoding": {"x": {"field": "f1", "type": "quantitative"}}},
    },
    ("Unit",),
    (),
    "Two points.",
)


def asked(query, **headers):
    request = RequestFactory().get(f"/page/?{query}", headers=headers)
    return charts.picture_asked_for(request, [BARS, SMALL])


def test_a_page_without_the_question_goes_on():
    assert asked("split=test") is None


def test_an_svg_is_told_to_who_sees_none_of_it_and_has_no_style_of_its_own():
    answer = asked("chart=bars&format=svg")
    svg = answer.content.decode()
    assert answer["Content-Type"] == "image/svg+xml"
    assert "AU12 is found better than AU4." in svg
    assert "<style" not in svg and not re.search(r"\sstyle=", svg)
    assert THEMES["light"].sheet in svg
    assert THEMES["dark"].sheet in asked("chart=bars&theme=dark").content.decode()


@pytest.mark.parametrize("scale", [1, 4])
def test_a_png_is_as_large_as_was_asked(scale):
    png = asked(f"chart=bars&format=png&scale={scale}").content
    assert png.startswith(b"\x89PNG")
    width = int.from_bytes(png[16:20], "big")
    assert abs(width - scale * 640) <= scale * 2


def test_the_table_is_a_file_and_the_specification_another():
    rows = list(csv.reader(io.StringIO(asked("chart=bars&format=csv").content.decode())))
    assert rows == [["Unit", "F1", "Note"], ["AU4", "0.13", ""], ["AU12", "0.4", "a <b>"]]
    spec = json.loads(asked("chart=bars&format=json").content)
    assert spec["data"]["values"] == FIGURES
    assert spec["config"]["background"] == THEMES["light"].sheet


def test_a_picture_that_the_browser_has_is_not_drawn_again():
    first = asked("chart=bars&format=svg")
    assert asked("chart=bars&format=svg", if_none_match=first["ETag"]).status_code == 304
    assert asked("chart=bars&theme=dark", if_none_match=first["ETag"]).status_code == 200


@pytest.mark.parametrize("wrong", ["format=gif", "scale=5", "scale=x", "theme=x", "width=9999"])
def test_what_cannot_be_drawn_is_named(wrong):
    answer = asked(f"chart=bars&{wrong}")
    assert answer.status_code == 400
    assert wrong.split("=")[0] in answer.content.decode()


def test_a_chart_that_the_page_lacks_is_not_found():
    with pytest.raises(Http404):
        asked("chart=other")


def test_no_specification_makes_the_server_ask_an_address():
    spec = {"data": {"url": "http://127.0.0.1:9/x.json"}, "mark": "point", "encoding": {}}
    with pytest.raises(ValueError, match="not allowed"):
        drawn(json.dumps(spec), "svg", 1)


@pytest.mark.parametrize(("width", "columns"), [(390, 1), (500, 2), (1200, 4)])
def test_small_multiples_stand_in_as_many_columns_as_there_is_room_for(width, columns):
    spec = fitted(SMALL, width)
    assert spec["columns"] == columns
    assert columns * spec["spec"]["width"] < width


def test_the_figure_holds_picture_files_and_a_table_with_links():
    template = engines["django"].from_string("{% load charts %}{% chart chart %}")
    request = RequestFactory().get("/page/?split=test&theme=dark")
    page = template.render({"chart": BARS}, request)
    assert 'src="?split=test&amp;chart=bars"' in page
    assert 'alt="AU12 is found better than AU4."' in page
    assert '<a href="/?au=12">AU12</a>' in page
    assert "a &lt;b&gt;" in page and "a <b>" not in page
    assert 'type="application/json"' in page and "style=" not in page


def test_browsers_get_the_script_of_the_wheel_that_the_server_draws_by(settings, tmp_path):
    settings.VAR_DIR = tmp_path
    ((name, storage),) = PackagedScript().list(None)
    assert name == NAME
    script = Path(storage.path(name)).read_text()
    assert re.search(r"export\{\S+ as vegaEmbed\};?\Z", script.strip())
    assert PackagedScript().find(NAME) == storage.path(name)
    assert not PackagedScript().find("charts/other.js")
    assert [path.name for path in Path(storage.path(name)).parent.iterdir()] == ["vega-embed.js"]


def _tokens():
    light, dark = TOKENS.read_text().split("@media (prefers-color-scheme: dark)")
    return {
        name: dict(re.findall(r"--([a-z0-9-]+): (#[0-9a-f]{6})", text))
        for name, text in (("light", light), ("dark", dark))
    }


@pytest.mark.parametrize("name", THEMES)
def test_the_colours_are_those_of_the_pages(name):
    tokens, theme = _tokens()[name], THEMES[name]
    for token in ("sheet", "ink", "ink-2", "line", "line-strong", "accent", "accent-tint"):
        assert getattr(theme, token.replace("-", "_")) == tokens[token], token


@pytest.mark.parametrize("name", THEMES)
def test_each_series_stands_out_from_the_sheet(name):
    theme = THEMES[name]
    for colour in (*theme.series, theme.accent, theme.bar):
        assert _contrast(colour, theme.sheet) >= 3, colour
    assert _contrast(theme.ink, theme.bar) >= 3


def _contrast(one, other):
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def _luminance(colour):
    """WCAG 2.2's relative luminance."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
