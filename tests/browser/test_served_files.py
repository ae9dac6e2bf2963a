"""Pages over static files as they are served: hashed, down to what modules import."""

import re

import pytest
from annotations.demo.generator import generate

from tests.browser.conftest import sign_in
from tests.browser.desk import WIDTHS, begin, check_page, make_queue

pytestmark = [pytest.mark.browser, pytest.mark.worker]

_HASHED = re.compile(r"\.[0-9a-f]{12}\.(js|css|svg)(\?|\Z)")


@pytest.fixture(scope="module")
def untrained(plain_stack, tmp_path_factory):
    """A web server and labelled faces; no model."""
    faces = tmp_path_factory.mktemp("few") / "CK+"
    generate(faces, seed=8, subjects=4, images=8, processes=1)
    plain_stack.manage("import_ckplus", str(faces))
    return plain_stack


def test_every_module_that_a_page_loads_has_a_hash_and_is_loaded_once(open_page, untrained):
    page, loaded = open_page(), []
    page.on("request", lambda request: loaded.append(request.url))
    sign_in(page, untrained, "reviewer")
    make_queue(page, untrained, limit="3")
    begin(page)
    files = [url for url in loaded if "/static/" in url]
    assert all(_HASHED.search(url) for url in files), files
    modules = {url.rpartition("/")[2].split(".")[0] for url in files if ".js" in url}
    assert {"review", "editor", "outbox", "turning", "picture"} <= modules
    outbox = {url for url in files if "/outbox." in url}
    assert len(outbox) == 1  # by review.js and by turning.js alike
    page.keyboard.press("k")  # the modules are at work: the face is kept, the next one shown
    page.wait_for_function("() => document.querySelector('.tray li[data-state=saved]')")
    assert page.locator("[data-picture]").count() == 1


@WIDTHS
def test_a_queue_is_edited_on_its_page(open_page, untrained, width):
    page = open_page(width, bypass_csp=True)
    sign_in(page, untrained, "reviewer")
    queue = make_queue(page, untrained, "coder", stage="coding", limit="2")
    page.get_by_role("link", name="Edit").click()
    page.wait_for_url(re.compile(r"/edit/$"))
    check_page(page, "edit a queue", width)
    page.get_by_role("group", name="Who validates").get_by_label("reviewer2").check()
    page.get_by_role("group", name="Who codes").get_by_label("coder2").check()
    with page.expect_navigation():
        page.get_by_role("button", name="Save").click()
    assert page.url == queue
    facts = page.inner_text(".facts")
    assert "coder, coder2" in facts
    assert "reviewer2" in facts
    assert "Named for it: reviewer2." in page.inner_text(".stages")
    check_page(page, "a queue", width)
