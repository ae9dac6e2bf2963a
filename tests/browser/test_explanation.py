"""What the model looked at, asked for on the face page and made by a real worker."""

import pytest

from tests.browser.conftest import sign_in
from tests.browser.desk import check_page

pytestmark = [pytest.mark.browser, pytest.mark.worker]


@pytest.mark.parametrize("width", [1280, 390])
def test_the_map_is_laid_over_the_picture(open_page, stack, width):
    page = open_page(width, bypass_csp=True)  # axe is injected as an inline script
    sign_in(page, stack, "coder")
    face = stack.call("faces/", user="coder")["results"][10]["id"]
    page.goto(f"{stack.url}/faces/{face}/")
    page.select_option("#explain-target", "au:12")
    page.focus("#explain-target + button")
    page.keyboard.press("Enter")
    overlay = page.locator("img.overlay.cam")
    overlay.wait_for(timeout=60_000)
    page.wait_for_function("() => document.querySelector('img.overlay.cam').naturalWidth > 0")
    assert overlay.bounding_box() == page.locator("#face-image").bounding_box()
    assert "proves nothing" in page.inner_text("[data-explain-caption]")

    page.focus("[data-explain-opacity]")
    before = float(overlay.evaluate("map => getComputedStyle(map).opacity"))
    page.keyboard.press("ArrowRight")
    assert float(overlay.evaluate("map => getComputedStyle(map).opacity")) > before
    check_page(page, "a map laid over the picture", width)
    page.click("[data-explain-hide]")
    assert overlay.count() == 0

    page.goto(f"{stack.url}/explanations/1/")  # the page of its own, for who has no JavaScript
    check_page(page, "the page of a map", width)


def test_it_works_without_javascript(open_page, stack):
    page = open_page(java_script_enabled=False)
    sign_in(page, stack, "coder")
    face = stack.call("faces/", user="coder")["results"][11]["id"]
    page.goto(f"{stack.url}/faces/{face}/")
    page.select_option("#explain-target", "emotion:positive")
    with page.expect_navigation():
        page.locator("[data-explain] button[type=submit]").click()
    for _ in range(60):
        link = page.get_by_role("link", name="Look again")
        if not link.count():
            break
        page.wait_for_timeout(500)
        link.click()
    assert page.locator("img.cam").is_visible()
    assert "proves nothing" in page.inner_text("main")
