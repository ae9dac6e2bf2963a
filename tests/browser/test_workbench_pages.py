"""Bulk actions, agreement, no JavaScript, and axe on every page of the workbench."""

import re

import pytest

from tests.browser.conftest import sign_in
from tests.browser.desk import (
    WIDTHS,
    begin,
    check_page,
    make_queue,
    own_face,
    some_face,
    truth_of,
    type_unit,
)

pytestmark = [pytest.mark.browser, pytest.mark.worker]


@WIDTHS
def test_many_faces_at_once_and_back(open_page, stack, width):
    page = open_page(width)
    sign_in(page, stack, "reviewer")
    page.goto(f"{stack.url}/bulk/?confidence=0.5&agreeing=0")
    heading = page.inner_text("#changes-heading")
    count = int(heading.split()[0])
    assert count
    with page.expect_navigation():
        page.get_by_role("button", name=f"Change {count} ground truth").click()
    assert f"{count} ground truths changed" in page.inner_text("main")
    with page.expect_navigation():
        page.get_by_role("button", name="Undo bulk action").first.click()
    assert f"{count} faces restored" in page.inner_text("main")
    page.goto(f"{stack.url}/bulk/?confidence=0.5&agreeing=0")
    assert page.inner_text("#changes-heading") == heading


@WIDTHS
def test_view_accept_and_correct_without_javascript(open_page, stack, width):
    page = open_page(width, java_script_enabled=False)
    sign_in(page, stack, "reviewer")
    face = own_face(stack)
    page.goto(f"{stack.url}/faces/{face}/")
    assert page.locator("#face-image").is_visible()
    with page.expect_navigation():
        page.get_by_role("button", name="Keep ground truth").click()
    assert "Ground truth kept" in page.inner_text("main")
    page.uncheck("#absent-12")
    page.check("#au-12")
    page.select_option("#intensity-12", "B")
    with page.expect_navigation():
        page.get_by_role("button", name="Save correction").click()
    assert truth_of(stack, face)["action_units"]["12"]["intensity"] == "B"
    with page.expect_navigation():
        page.get_by_role("button", name="Undo this").first.click()
    assert "Undone" in page.inner_text("main")


@WIDTHS
def test_agreement_of_two_coders(open_page, stack, width):
    page = open_page(width, bypass_csp=True)  # axe is injected as an inline script
    sign_in(page, stack, "reviewer")
    page.goto(f"{stack.url}/agreement/")
    assert "people only" in page.inner_text("#who-counts")
    for box in page.locator("[name=coder]").all():
        box.uncheck()
    page.get_by_label("CK+", exact=True).check()
    model = page.get_by_role("group", name="Models").get_by_role("checkbox").first
    model.focus()
    page.keyboard.press("Space")
    with page.expect_navigation():
        page.get_by_role("button", name="Show").click()
    assert "the coders that you chose" in page.inner_text("#who-counts")
    assert "no verdict on an import or a model" in page.inner_text(".headlines")
    check_page(page, "agreement of two coders", width)
    assert re.search(r"\d\.\d\d", page.inner_text(".headlines"))
    assert page.locator(".dots svg").first.is_visible()
    assert "near 0" in page.inner_text("main")
    with page.expect_download() as download:
        page.get_by_role("link", name="Download as CSV").click()
    assert "kappa_low" in download.value.path().read_text()


@WIDTHS
def test_workbench_pages_pass_axe_and_fit(open_page, stack, width):
    page = open_page(width, bypass_csp=True)  # axe is injected as an inline script
    sign_in(page, stack, "reviewer")
    queue = make_queue(
        page, stack, "coder", "reviewer", stage="coding", blind="yes", gold="1", limit="1"
    )
    face = some_face(stack)["id"]
    paths = [
        "/queues/", "/queues/new/", "/people/", queue.removeprefix(stack.url), "/adjudication/",
        f"/faces/{face}/adjudicate/", "/bulk/", "/bulk/?confidence=0.5&agreeing=0",
        "/agreement/", "/data/", "/jobs/", "/tokens/",
    ]  # fmt: skip
    for path in paths:
        page.goto(stack.url + path)
        check_page(page, path, width)
    page.goto(queue)
    begin(page)
    check_page(page, "a face of a blind queue", width)
    type_unit(page, 26)
    type_unit(page, 27)
    page.keyboard.press("f")
    check_page(page, "warnings and flag", width)
    page.goto(queue)  # else this reviewer stays blind to its faces
    page.get_by_role("button", name="Close this queue").click()
