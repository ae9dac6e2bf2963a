"""The pages of data and tokens: an export fetched, a file sent, a token made and used."""

import json
import urllib.request
import zipfile

import pytest

from tests.browser.conftest import sign_in
from tests.browser.desk import WIDTHS, check_page
from tests.factories import png

pytestmark = [pytest.mark.browser, pytest.mark.worker]


def at_rest(page) -> None:
    """Wait until nothing goes on: until then the lists are fetched anew each second."""
    page.locator("#transfers:not([hx-get])").wait_for(timeout=30_000)


@WIDTHS
def test_reviewer_exports_and_fetches_the_file(open_page, stack, width, tmp_path):
    page = open_page(width)
    sign_in(page, stack, "reviewer")
    page.goto(f"{stack.url}/data/")
    assert not page.get_by_role("heading", name="Import", exact=True).count()
    page.get_by_label("Anonymous").check()
    page.get_by_role("button", name="Export", exact=True).press("Enter")
    link = page.get_by_role("link", name="Download").first
    link.wait_for(timeout=30_000)
    with page.expect_download() as waiting:
        link.click()
    waiting.value.save_as(tmp_path / "export.zip")
    with zipfile.ZipFile(tmp_path / "export.zip") as archive:
        assert json.loads(archive.read("manifest.json"))["anonymous"] is True
    page.get_by_role("button", name="Remove").first.click()
    assert "its files are gone" in page.inner_text("main")


@WIDTHS
def test_admin_imports_and_sees_why_rows_are_refused(open_page, stack, width, tmp_path):
    sent = tmp_path / "study.zip"
    with zipfile.ZipFile(sent, "w") as archive:
        table = "filepath,subject,high_level_emotion\na.png,S900,positive\nb.png,S900,positive\n"
        archive.writestr("data_labels.csv", table)
        archive.writestr("a.png", png())
    page = open_page(width)
    sign_in(page, stack, "admin")
    page.goto(f"{stack.url}/data/")
    page.set_input_files("input[type=file]", sent)
    with page.expect_navigation():
        page.get_by_role("button", name="Import", exact=True).click()
    at_rest(page)
    page.get_by_text("Why rows were refused").first.click()
    assert "Missing image" in page.inner_text("#transfers")
    with page.expect_response("**/data/transfers/"):  # as it is each second while a transfer runs
        how = {"target": "#transfers", "swap": "outerHTML"}
        page.evaluate("how => htmx.ajax('GET', '/data/transfers/', how)", how)
    at_rest(page)
    assert page.get_by_text("Missing image").first.is_visible()
    with page.expect_download() as waiting:
        page.get_by_role("link", name="Refused rows").first.click()
    assert "b.png" in waiting.value.path().read_text()


@WIDTHS
def test_admin_tries_a_table_dry_and_reads_what_was_not_read(open_page, stack, width, tmp_path):
    sent = tmp_path / "S900_001.csv"
    sent.write_text("filepath,confidence,AU12_c,AU99_c\nnobody.png,0.4,1,1\n")
    page = open_page(width, bypass_csp=True)  # axe is injected as an inline script
    sign_in(page, stack, "admin")
    page.goto(f"{stack.url}/data/")
    page.set_input_files("input[type=file]", sent)
    page.get_by_label("Dry run").check()
    page.get_by_text("How rows are read").press("Enter")
    page.get_by_label("OpenFace: minimum confidence").fill("0.45")
    page.get_by_label("Py-Feat: several faces").select_option("best")
    check_page(page, "/data/ with its options", width)
    page.get_by_role("button", name="Import", exact=True).click()
    latest = page.locator("#transfers section", has_text="S900_001.csv").locator("li").first
    latest.get_by_text("Dry run, nothing was written.").wait_for(timeout=30_000)
    at_rest(page)
    latest.get_by_text("What was not read").click()
    assert "1 × column 'AU99_c'" in latest.inner_text()
    latest.get_by_text("Why rows were refused").click()
    assert "at least 0.45 is asked for" in latest.inner_text()
    check_page(page, "/data/ with a report", width)


@WIDTHS
def test_token_is_shown_once_works_and_is_revoked(open_page, stack, width):
    page = open_page(width)
    sign_in(page, stack, "coder")
    page.goto(f"{stack.url}/tokens/")
    page.get_by_label("Name").fill(f"browser {width}")
    page.get_by_role("button", name="Create the token").click()
    token = page.inner_text(".secret").strip()
    request = urllib.request.Request(f"{stack.url}/api/v1/me/")
    request.add_header("Authorization", f"Token {token}")
    with urllib.request.urlopen(request, timeout=10) as answer:
        assert json.load(answer)["token"]["scopes"] == ["read"]
    page.goto(f"{stack.url}/tokens/")
    assert token not in page.content()
    page.get_by_role("button", name=f"Revoke browser {width}").click()
    with pytest.raises(urllib.error.HTTPError, match="401"):
        urllib.request.urlopen(request, timeout=10)


@WIDTHS
def test_data_pages_pass_axe_and_fit(open_page, stack, width):
    page = open_page(width, bypass_csp=True)  # axe is injected as an inline script
    sign_in(page, stack, "admin")
    page.goto(f"{stack.url}/data/")
    page.get_by_role("button", name="Export", exact=True).click()
    page.get_by_role("link", name="Download").first.wait_for(timeout=30_000)
    check_page(page, "/data/", width)
    page.goto(f"{stack.url}/tokens/")
    page.get_by_label("Name").fill("a name as long as the field takes it, with " + "x" * 36)
    page.get_by_role("button", name="Create the token").click()
    check_page(page, "a new token", width)
    page.goto(f"{stack.url}/tokens/")
    check_page(page, "/tokens/", width)
    page.get_by_role("button", name="Revoke a name as long").first.click()
    page.goto(f"{stack.url}/webhooks/")
    page.get_by_label("URL").fill("https://1.1.1.1/" + "x" * 100)
    page.get_by_label("Training finished").check()
    page.get_by_role("button", name="Add the webhook").click()
    check_page(page, "a new webhook", width)
    page.get_by_role("button", name="Switch off").click()
    check_page(page, "/webhooks/", width)
    page.get_by_text("Remove…").first.click()
    page.get_by_role("button", name="Remove it").first.click()
    assert "is removed" in page.inner_text("main")
