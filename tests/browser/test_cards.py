"""A model's card and its data sheet: read, added to, downloaded and printed."""

import json

import pytest

from tests.browser.conftest import sign_in
from tests.browser.desk import WIDTHS, check_page

pytestmark = [pytest.mark.browser, pytest.mark.worker]


def download(page, name: str) -> str:
    with page.expect_download() as downloading:
        page.get_by_role("link", name=name, exact=True).click()
    return downloading.value.path().read_text(encoding="utf-8")


@WIDTHS
def test_a_card_is_read_added_to_and_downloaded(open_page, stack, width):
    page = open_page(width, bypass_csp=True)
    sign_in(page, stack, "reviewer")
    version = stack.call(f"models/{stack.trained['version']}/", user="reviewer")
    page.goto(f"{stack.url}/models/{version['id']}/card/")
    check_page(page, "card", width)
    words = f"Consent: form 3, at {width} pixels."
    page.get_by_label("Add what no record knows").fill(words)
    page.get_by_role("button", name="Add the note").click()
    assert page.url.endswith("/card/#notes")
    assert words in page.inner_text("#notes")
    told = json.loads(download(page, "JSON"))
    assert words in [note["text"] for note in told["notes"]]
    figures = {
        row["name"]: row["f1"]
        for section in told["sections"] for part in section["sections"] for table in part["tables"]
        if table["key"] == "emotions" for row in table["rows"]
    }  # fmt: skip
    measured = stack.trained["metrics"]["test"]["emotion"]["per_class"]
    for name, figure in figures.items():
        if figure["value"] is not None:
            assert figure["value"] == measured[name]["f1"]
    assert version["sha256"] in download(page, "Markdown")
    page.get_by_role("link", name="Data sheet", exact=True).click()
    check_page(page, "data sheet", width)
    facts = {
        fact["key"]: fact["value"]
        for section in json.loads(download(page, "JSON"))["sections"] for fact in section["facts"]
    }  # fmt: skip
    assert facts["faces"] == 72  # counted by the worker that trained
    assert facts["subjects"] == 16


def test_a_card_is_printed_without_what_is_for_the_screen(open_page, stack):
    page = open_page()
    sign_in(page, stack, "coder")
    page.goto(f"{stack.url}/models/{stack.trained['version']}/card/")
    assert page.get_by_role("button", name="Add the note").count() == 0
    page.emulate_media(media="print")
    for gone in (".masthead", ".contents", ".downloads"):
        assert not page.locator(gone).first.is_visible()
    assert page.locator("#ethical_considerations").is_visible()
