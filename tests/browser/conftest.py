"""Debian's chromium through Playwright, signed in to a running stack."""

import os
import shutil

import pytest

from tests.stack import PASSWORD

CHROMIUM_ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="package")
def chromium():
    """One browser. Not for the session: while Playwright's loop runs, Django refuses queries."""
    from playwright.sync_api import sync_playwright

    path = shutil.which("chromium")
    if path is None:
        if os.environ.get("FACSWEB_REQUIRE_BROWSER"):
            pytest.fail("chromium is not installed; `make chromium` installs it")
        pytest.skip("chromium is not installed; `make chromium` installs it")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=CHROMIUM_ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture
def open_page(chromium):
    """A fresh page of a given width; a console error fails the test, unless it is a `quiet` one."""
    contexts, complaints = [], []

    def open_(width: int = 1280, quiet: frozenset[str] = frozenset(), **options):
        context = chromium.new_context(viewport={"width": width, "height": 900}, **options)
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: _note(complaints, message, quiet))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        return page

    yield open_
    for context in contexts:
        context.close()
    assert not complaints


def _note(complaints: list[str], message, quiet) -> None:
    if message.type == "error" and not any(part in message.text for part in quiet):
        complaints.append(message.text)


def sign_in(page, stack, username: str) -> None:
    """By the cookie of an earlier signing in; the page stays where it is."""
    page.context.add_cookies(
        [{"name": "sessionid", "value": stack.session(username), "url": stack.url}]
    )


def sign_in_by_form(page, stack, username: str) -> None:
    """As a person does. Ends at the gallery."""
    page.goto(f"{stack.url}/login/")
    page.fill("input[name=username]", username)
    page.fill("input[name=password]", PASSWORD)
    with page.expect_navigation():
        page.press("input[name=password]", "Enter")
