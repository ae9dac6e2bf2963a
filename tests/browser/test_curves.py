"""Curves and thresholds: drawn under the policy, read without a script, tried and stored."""

import time

import pytest

from tests.browser.conftest import sign_in
from tests.browser.desk import WIDTHS, check_page

pytestmark = [pytest.mark.browser, pytest.mark.worker]
_DRAWN = ".chart-place svg"
_BACKGROUND = f"() => getComputedStyle(document.querySelector('{_DRAWN}')).backgroundColor"


def _curves(stack) -> str:
    return f"{stack.url}/training/{stack.trained['id']}/curves/"


@WIDTHS
def test_charts_are_drawn_under_the_policy_as_wide_as_the_page(open_page, stack, width):
    page = open_page(width)  # a violation is a console error, which fails the test
    sign_in(page, stack, "coder")
    page.goto(_curves(stack))
    page.wait_for_selector(_DRAWN)
    place, drawn = (page.locator(each).bounding_box() for each in (".chart-place", _DRAWN))
    assert drawn["width"] <= place["width"] <= width
    assert page.locator(f"{_DRAWN} text").count() > 10
    day = page.evaluate(_BACKGROUND)
    page.emulate_media(color_scheme="dark")
    page.wait_for_function(f"day => ({_BACKGROUND})() !== day", arg=day)
    page.get_by_text("As a table").first.focus()
    page.keyboard.press("Enter")
    assert page.locator(".chart-table table").first.is_visible()


@WIDTHS
def test_both_pages_are_for_everybody(open_page, stack, width):
    page = open_page(width, bypass_csp=True)
    sign_in(page, stack, "coder")
    for query in ("", "?of=negative"):
        page.goto(_curves(stack) + query)
        page.wait_for_selector(_DRAWN)
        check_page(page, f"curves{query}", width)
    page.goto(_curves(stack).replace("curves", "thresholds"))
    check_page(page, "thresholds", width)


def test_without_javascript_there_are_pictures_and_tables(open_page, stack):
    page = open_page(390, java_script_enabled=False)
    sign_in(page, stack, "coder")
    page.goto(_curves(stack))
    picture = page.locator(".chart-place img").get_attribute("src")
    drawn = page.request.get(f"{_curves(stack)}{picture}")
    assert drawn.ok and drawn.text().startswith("<svg")
    assert page.locator(".chart-table tbody tr").count() >= 3
    with page.expect_download() as download:
        page.get_by_role("link", name="PNG").click()
    assert download.value.suggested_filename == "precision-recall.png"


@WIDTHS
def test_a_threshold_is_moved_and_stored(open_page, stack, width):
    run = stack.trained["id"]
    told = stack.call(f"training-runs/{run}/curves/", user="admin")
    unit, now, there = _a_move(told, width)
    page = open_page(width, bypass_csp=True)
    sign_in(page, stack, "admin")
    page.goto(f"{stack.url}/training/{run}/thresholds/?au={unit}")
    found = page.locator(".moved tr", has_text="Faces found").locator("td")
    figures = told["curves"]["test"]["units"][unit]
    assert found.all_inner_texts() == [str(figures["found"][now])] * 2
    page.locator("#id_at").fill(f"{there / 100:.2f}")
    page.wait_for_selector(".changing img")
    assert found.all_inner_texts() == [str(figures["found"][now]), str(figures["found"][there])]
    changed = abs(figures["found"][now] - figures["found"][there])
    assert f"{changed} " in page.inner_text("#said")
    assert page.locator(".changing li").count() == min(changed, 12)
    check_page(page, "moved threshold", width)
    page.get_by_label("Why?").fill(f"Tried at {width}.")
    page.get_by_role("button", name="Store", exact=True).click()
    assert f"Tried at {width}." in page.inner_text("main")
    made = page.url.rstrip("/").split("/")[-1]
    page.goto("about:blank")  # a run's page loads itself anew when it has ended
    deadline = time.monotonic() + 60
    while (state := stack.call(f"training-runs/{made}/", user="admin"))["status"] != "succeeded":
        assert state["status"] in {"queued", "running"} and time.monotonic() < deadline, state
        time.sleep(0.3)
    page.goto(f"{stack.url}/training/{made}/dashboard/")
    assert "flatter it" in page.inner_text(".flags")
    page.goto(f"{stack.url}/training/{run}/thresholds/?au={unit}&at={there / 100}")
    page.locator("#all-changing").click()
    assert page.locator(".count").inner_text().startswith(f"{changed} of ")


def _a_move(told: dict, width: int) -> tuple[str, int, int]:
    """A unit that enough faces show, its threshold's step, and one where other faces are found."""
    for unit, figures in told["curves"]["test"]["units"].items():
        now = round(100 * told["thresholds"][unit])
        steps = range(now + 1, 99) if width > 500 else range(now - 1, 1, -1)
        changing = [step for step in steps if figures["found"][step] != figures["found"][now]]
        if figures["positives"] >= 10 and figures["roc_auc"] is not None and changing:
            return unit, now, changing[0]
    raise AssertionError("no unit to try")
