"""A training by the form: what is wrong beside its field; then a note, a download, the archive."""

import csv

import pytest

from tests.browser.conftest import sign_in
from tests.browser.desk import WIDTHS, check_page

pytestmark = [pytest.mark.browser, pytest.mark.worker]
#: What the console says of a form that was sent back.
REFUSED = frozenset({"status of 400"})
#: What htmx says of asking for the time anew when the page is left meanwhile.
LEFT = frozenset({"htmx:sendAbort", "htmx:afterRequest"})


@WIDTHS
def test_start_by_the_form_write_a_note_take_a_file_and_archive(open_page, stack, width):
    page = open_page(width, quiet=REFUSED | LEFT, bypass_csp=True)
    sign_in(page, stack, "admin")
    page.goto(f"{stack.url}/training/new/?preset=published")
    check_page(page, "settings of a training", width)
    told = page.inner_text("#duration")
    page.get_by_label("Augmented copies of each picture").fill("50")
    page.keyboard.press("Tab")
    page.wait_for_function(
        "told => document.querySelector('#duration').innerText !== told", arg=told
    )
    page.get_by_label("Augmented copies of each picture").fill("1")
    page.get_by_label("Folds").fill("2")
    page.locator("summary", has_text="Optimiser").click()
    page.get_by_label("Most epochs").fill("0")
    page.get_by_role("button", name="Start training").click()
    wrong = page.locator("#id_folds_error")
    assert wrong.inner_text() == "Must be between 3 and 20, not 2."
    assert page.locator("#id_max_epochs_error").is_visible(), "its group is open now"
    assert "id_folds_error" in page.get_by_label("Folds").get_attribute("aria-describedby")
    check_page(page, "what is wrong with the settings", width)
    page.get_by_label("Folds").fill("3")
    page.get_by_label("Most epochs").fill("4")
    page.get_by_role("button", name="Start training").click()
    page.wait_for_selector("h1:has-text('Training run')")
    page.get_by_role("button", name="Cancel this training").click()
    page.wait_for_selector("#archive-run", timeout=90_000)
    assert "Most epochs: 4 instead of 60." in page.inner_text("main")

    page.get_by_label("Your note").fill(f"A try at {width}.")
    page.get_by_role("button", name="Add the note").click()
    assert f"A try at {width}." in page.inner_text(".run-note")
    check_page(page, "run with a note", width)
    page.get_by_role("button", name="Archive this run").click()
    assert "the list leaves it out" in page.inner_text("main")
    check_page(page, "archived run", width)

    page.goto(f"{stack.url}/training/{stack.trained['id']}/")
    check_page(page, "run with curves", width)
    assert page.get_by_role("link", name="data sheet").is_visible()
    with page.expect_download() as download:
        page.locator("a[href$='predictions.csv']").click()
    with download.value.path().open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert rows
    assert {row["emotion_predicted"] for row in rows} <= {"negative", "positive", "surprise"}
