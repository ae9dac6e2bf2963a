"""The picture panel in a real browser: outlines, zoom, light, blink comparison."""

import pytest

from annotations import facs
from tests.browser.conftest import sign_in
from tests.browser.desk import check_page

pytestmark = [pytest.mark.browser, pytest.mark.worker]

WIDTHS = pytest.mark.parametrize("width", [1280, 390])


@pytest.fixture
def open_face(open_page, stack):
    """The first face that another follows, seen by a coder."""

    def open_(width: int = 1280, **options):
        page = open_page(width, **options)
        sign_in(page, stack, "coder")
        face = stack.call("faces/", user="coder")["results"][0]["id"]
        page.goto(f"{stack.url}/faces/{face}/")
        return page

    return open_


def command(page, name: str) -> None:
    page.evaluate(
        "name => document.dispatchEvent(new CustomEvent('picture-command', {detail: name}))", name
    )


def type_unit(page, au: int | None) -> None:
    page.evaluate("au => document.dispatchEvent(new CustomEvent('au-focus', {detail: {au}}))", au)


def outlined(page) -> list[str]:
    """Action units whose outline is to be seen."""
    shown = "groups => groups.filter(g => g.getClientRects().length).map(g => g.dataset.regionAu)"
    return page.locator(".regions > g").evaluate_all(shown)


def boxes(page) -> list[dict]:
    """Where the picture lies, and everything that is laid over it."""
    page.wait_for_function("() => document.querySelector('img.detection').naturalWidth > 0")
    selector = "#face-image, .neutral, .detection, .regions"
    return page.locator(selector).evaluate_all("all => all.map(e => e.getBoundingClientRect())")


def light(page) -> str:
    return page.evaluate("getComputedStyle(document.getElementById('face-image')).filter")


@WIDTHS
def test_focus_outlines_where_a_unit_acts_and_the_picture_is_in_sight(open_face, width):
    page = open_face(width)
    assert outlined(page) == []
    for au in ("12", "1", "26"):
        page.focus(f"#au-{au}")
        assert outlined(page) == [au]
        unit = facs.ACTION_UNITS[int(au)]
        assert page.inner_text(".unit-stamp span") == f"AU{au} {unit.name.lower()}"
        # On a small screen the unit's own row tells its muscle.
        assert page.locator(".unit-stamp small").is_visible() == (width == 1280)
        assert page.text_content(".unit-stamp small") == unit.muscle
        picture = page.locator(".viewer").bounding_box()
        row = page.locator(f"#au-{au}").bounding_box()
        assert picture["y"] >= 0
        assert picture["y"] + picture["height"] <= 900
        # What has the focus is not covered by it.
        beside = row["x"] >= picture["x"] + picture["width"]
        assert beside or row["y"] >= picture["y"] + picture["height"]
    page.locator("#au-26").blur()
    assert outlined(page) == []
    assert not page.locator(".unit-stamp").is_visible()


def test_the_pointer_and_typed_numbers_outline_too_and_the_latest_counts(open_face):
    page = open_face()
    page.hover("label[for=au-4]")
    assert outlined(page) == ["4"]
    page.hover("label[for=au-6]")
    assert outlined(page) == ["6"]
    type_unit(page, 12)
    assert outlined(page) == ["12"]
    page.hover("#emotion-heading")
    assert outlined(page) == ["12"]
    type_unit(page, None)
    assert outlined(page) == []
    page.focus("#au-1")
    page.hover("label[for=au-2]")
    assert outlined(page) == ["2"]
    page.hover("#emotion-heading")
    assert outlined(page) == ["1"]
    page.focus("#save-correction")
    assert outlined(page) == []


@WIDTHS
def test_zoom_keeps_everything_exactly_over_the_picture(open_face, width):
    page = open_face(width)
    page.check("#show-detection")
    page.locator(".neutral").evaluate("image => { image.style.display = 'block'; }")
    type_unit(page, 12)
    whole = page.locator(".viewer").bounding_box()
    assert not page.evaluate("document.querySelector('.pane').matches('[tabindex=\"0\"]')")
    for _ in range(4):
        page.click("[data-view=zoom-in]")
        first, *others = boxes(page)
        assert all(other == first for other in others)
    assert page.inner_text(".zoom-level") == "4×"
    assert page.get_attribute("[data-view=zoom-in]", "aria-disabled") == "true"
    command(page, "zoom-in")
    assert page.inner_text(".zoom-level") == "4×"
    # Scrollbars take their share of the pane.
    inner = page.evaluate("document.querySelector('.pane').clientWidth")
    assert first["width"] == pytest.approx(4 * inner, abs=2)
    assert page.locator(".viewer").bounding_box() == whole
    command(page, "zoom-out")
    assert page.inner_text(".zoom-level") == "3×"
    first, *others = boxes(page)
    assert all(other == first for other in others)
    command(page, "reset")
    assert page.inner_text(".zoom-level") == "1×"
    assert page.locator("#face-image").bounding_box() == whole
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_a_zoomed_picture_is_moved_by_keyboard_and_by_dragging(open_face):
    page = open_face()
    address = page.url
    place = (
        "(({scrollLeft, scrollTop}) => [scrollLeft, scrollTop])(document.querySelector('.pane'))"
    )
    command(page, "zoom-in")
    command(page, "zoom-in")
    across, down = page.evaluate(place)
    assert across > 0 and down > 0  # the middle stays in the middle
    box = page.locator(".pane").bounding_box()
    page.mouse.move(box["x"] + 200, box["y"] + 150)
    page.mouse.down()
    page.mouse.move(box["x"] + 230, box["y"] + 170)
    page.mouse.up()
    assert page.evaluate(place) == [across - 30, down - 20]
    page.mouse.move(box["x"] + 260, box["y"] + 190)
    assert page.evaluate(place) == [across - 30, down - 20]
    page.focus(".pane")
    page.keyboard.press("ArrowRight")
    page.wait_for_function(f"() => {place}[0] > {across - 30}")
    assert page.url == address  # the arrow led to no other face


@WIDTHS
def test_sliders_change_the_light_and_keep_it_for_the_next_face(open_face, width):
    page = open_face(width)
    assert light(page) == "brightness(1) contrast(1)"
    page.focus("[name=brightness]")
    for _ in range(4):
        page.keyboard.press("ArrowRight")
    page.focus("[name=contrast]")
    page.keyboard.press("ArrowLeft")
    assert light(page) == "brightness(1.2) contrast(0.95)"
    assert page.inner_text("[data-percent=brightness]") == "120 %"
    with page.expect_navigation():
        page.click("#next-face")
    page.wait_for_selector("[data-view=light-reset]")
    assert light(page) == "brightness(1.2) contrast(0.95)"
    assert page.input_value("[name=brightness]") == "120"
    for name in ("darker", "more-contrast", "more-contrast"):
        command(page, name)
    assert light(page) == "brightness(1.1) contrast(1.15)"
    assert page.inner_text("[data-say]") == "Contrast 115 %."
    page.click("[data-view=light-reset]")
    assert light(page) == "brightness(1) contrast(1)"


@WIDTHS
def test_blink_alternates_with_the_neutral_frame_slowly_and_says_so(open_face, width):
    page = open_face(width)
    page.evaluate(
        """() => {
          window.changes = [];
          const viewer = document.querySelector(".viewer");
          new MutationObserver(() => changes.push([performance.now(), viewer.dataset.frame]))
            .observe(viewer, { attributes: true, attributeFilter: ["data-frame"] });
        }"""
    )
    page.focus("[data-view=blink]")
    page.keyboard.press("Enter")
    page.wait_for_function("() => changes.length === 3", timeout=10000)
    assert page.get_attribute("[data-view=blink]", "aria-pressed") == "true"
    assert page.inner_text(".frame-stamp") == "neutral"
    assert page.locator(".neutral").is_visible()
    times, frames = zip(*page.evaluate("changes"), strict=True)
    assert frames == ("neutral", "peak", "neutral")
    assert times[2] - times[0] > 1500
    page.wait_for_function("() => changes.length === 4")
    assert page.inner_text(".frame-stamp") == "peak"
    assert not page.locator(".neutral").is_visible()
    command(page, "blink")
    assert page.get_attribute("[data-view=blink]", "aria-pressed") == "false"
    assert not page.locator(".frame-stamp").is_visible()
    page.wait_for_timeout(1300)
    assert not page.locator(".neutral").is_visible()


def test_blink_holds_still_where_less_motion_is_wanted(open_face):
    page = open_face(reduced_motion="reduce")
    page.click("[data-view=blink]")
    page.wait_for_selector(".viewer[data-frame=neutral]")
    for _ in range(5):
        page.wait_for_timeout(500)
        assert page.inner_text(".frame-stamp") == "neutral"
    page.click("[data-view=blink]")
    assert not page.locator(".neutral").is_visible()


def test_another_face_in_the_same_page_gets_a_panel_of_its_own(open_face):
    page = open_face()
    page.click("[data-view=blink]")
    page.wait_for_selector(".viewer[data-frame]")
    page.evaluate(
        """async () => {
          const answer = await fetch(document.getElementById("next-face").href);
          const next = new DOMParser().parseFromString(await answer.text(), "text/html");
          document.getElementById("main").replaceChildren(...next.getElementById("main").childNodes);
          document.dispatchEvent(new CustomEvent("face-shown", {detail: {moves: true}}));
        }"""
    )
    assert page.get_attribute("[data-view=blink]", "aria-pressed") == "false"
    command(page, "zoom-in")
    assert page.inner_text(".zoom-level") == "1.5×"  # one step: nothing listens twice
    page.focus("#au-12")
    assert outlined(page) == ["12"]


def test_without_script_a_checkbox_shows_the_neutral_frame(open_face):
    page = open_face(java_script_enabled=False)
    assert not page.locator(".neutral").is_visible()
    assert not page.locator("[data-view=blink]").is_visible()
    assert not page.locator("[name=brightness]").is_visible()
    page.get_by_label("Show the neutral frame").check()
    assert page.locator(".neutral").is_visible()
    assert page.inner_text(".frame-stamp") == "neutral"


@WIDTHS
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_panel_passes_axe(open_face, width, scheme):
    page = open_face(width, bypass_csp=True, color_scheme=scheme)  # axe is an inline script
    page.check("#show-detection")
    page.click("[data-view=zoom-in]")
    page.click("[data-view=blink]")
    page.focus("#au-12")
    page.wait_for_selector(".viewer[data-frame=peak]")
    check_page(page, "the picture panel", width)
    for button in page.locator(".view-tools button, .view-tools input[type=range]").all():
        box = button.bounding_box()
        assert min(box["width"], box["height"]) >= 24
