"""A reviewer's work in a real browser."""

import pytest

from tests.browser.conftest import sign_in, sign_in_by_form
from tests.browser.desk import check_page, mark_of, mark_unit

pytestmark = [pytest.mark.browser, pytest.mark.worker]


def test_reviewer_corrects_an_action_unit_by_keyboard(open_page, stack):
    page = open_page()
    sign_in_by_form(page, stack, "reviewer")
    page.select_option("select[name=agreement]", "disagree")
    page.keyboard.press("Tab")
    page.locator("form", has=page.locator("select[name=agreement]")).locator(
        "button[type=submit]"
    ).first.click()
    page.wait_for_url("**agreement=disagree**")
    page.locator("a.face-card").first.click()
    page.wait_for_selector("#face-image")

    # Truth and prediction stand side by side, for each action unit.
    for au in (1, 12, 27):
        assert page.locator(f"[data-truth-au='{au}']").is_visible()
        assert page.locator(f"[data-model-au='{au}']").is_visible()

    wanted = "absent" if mark_of(page, 12) == "present" else "present"
    address = page.url
    mark_unit(page, 12, wanted)
    page.focus("#save-correction")
    page.keyboard.press("Enter")
    page.wait_for_selector("#tray li[data-state=saved]")

    page.goto(address)
    page.reload()
    assert mark_of(page, 12) == wanted
    assert "reviewer" in page.inner_text("main")


@pytest.mark.parametrize("width", [1280, 390])
def test_what_the_model_saw_is_shown_on_request(open_page, stack, width):
    page = open_page(width)
    sign_in(page, stack, "coder")
    face = stack.call("faces/", user="coder")["results"][0]["id"]
    page.goto(f"{stack.url}/faces/{face}/")
    overlay = page.locator("img.overlay.detection")
    assert not overlay.is_visible()
    page.focus("#show-detection")
    with page.expect_response("**/detection.svg") as answer:
        page.keyboard.press("Space")
    assert answer.value.ok
    assert overlay.is_visible()
    page.wait_for_function("() => document.querySelector('img.overlay.detection').naturalWidth > 0")
    assert overlay.bounding_box() == page.locator("#face-image").bounding_box()


def test_outsider_sees_no_face(open_page, stack):
    page = open_page()
    sign_in_by_form(page, stack, "outsider")
    assert page.locator("a.face-card").count() == 0


@pytest.mark.parametrize("width", [1280, 390])
def test_pages_pass_axe_and_fit(open_page, stack, width):
    page = open_page(width, bypass_csp=True, quiet={"404"})  # axe is injected as an inline script
    for path in ("/login/", "/nothing-here/"):
        page.goto(stack.url + path)
        check_page(page, path, width)
    sign_in(page, stack, "admin")
    face = stack.call("faces/", user="admin")["results"][0]["id"]
    run = stack.trained["id"]
    paths = ["/", f"/faces/{face}/", f"/training/{run}/dashboard/", "/training/"]
    for path in [*paths, f"/training/{run}/", "/training/new/"]:
        page.goto(stack.url + path)
        check_page(page, path, width)


def test_api_documentation_loads_nothing_from_outside(open_page, stack):
    page = open_page()
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    sign_in(page, stack, "admin")
    page.goto(f"{stack.url}/api/docs/")
    page.get_by_text("/api/v1/faces/").first.wait_for()
    outside = [url for url in asked if not url.startswith((stack.url, "data:", "blob:"))]
    assert not outside
