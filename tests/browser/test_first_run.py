"""The pages of a machine without anybody: the first admin is made, and told what to do next."""

from __future__ import annotations

import re

import pytest

from tests.browser.desk import check_page
from tests.stack import PASSWORD, _wait_for_web, empty_place

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def empty(plain_stack, tmp_path_factory):
    place = empty_place(plain_stack, tmp_path_factory.mktemp("empty"))
    place.start("web", "run", "--address", place.address)
    try:
        _wait_for_web(place)
        yield place
    finally:
        place.stop("web")


def test_first_admin_is_made_and_told_what_to_do_next(empty, open_page):
    page = open_page(
        bypass_csp=True, quiet=frozenset({"400"})
    )  # axe is injected as an inline script
    page.goto(empty.url)
    _check(page, "the first run")
    _fill(page, "AAAAA-AAAAA-AAAAA-AAAAA", "short")
    _check(page, "the first run, refused")
    assert "This code is wrong" in page.inner_text("main")
    code = re.search(r"(?:[0-9A-Z]{5}-){3}[0-9A-Z]{5}", empty.manage("first_admin_code"))[0]
    _fill(page, code, PASSWORD)
    page.wait_for_selector(".empty")
    assert page.get_by_role("link", name="Import your faces").is_visible()
    _check(page, "the empty gallery")


def _fill(page, code: str, password: str) -> None:
    page.fill("input[name=code]", code)
    page.fill("input[name=username]", "boss")
    for box in page.locator("input[type=password]").all():
        box.fill(password)
    with page.expect_navigation():
        page.locator("main button[type=submit]").click()


def _check(page, name: str) -> None:
    for width in (1280, 390):
        page.set_viewport_size({"width": width, "height": 900})
        for scheme in ("light", "dark"):
            # Without motion: a colour on its way from day to night has too little contrast.
            page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
            check_page(page, f"{name}, {scheme}", width)
