"""Take the pictures in docs/screenshots/ of what `make demo ONCE=1` left: `make screenshots`."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path

import django
from playwright.sync_api import Browser, Page, sync_playwright

from tests.browser.conftest import CHROMIUM_ARGUMENTS
from tests.stack import PASSWORD, ROOT, free_address

TARGET = ROOT / "docs" / "screenshots"
SIZES = {1280: 900, 390: 844}
_PATIENCE = 240_000  # milliseconds
#: Pages of charts and colours, which are taken by night as well, into dark/.
_DARK = {
    "dashboard", "training-run", "figures", "curves", "thresholds", "groups", "balance",
    "comparison", "model", "card", "datasheet", "drift", "promotion",
}  # fmt: skip
_PAGES = {
    "dashboard": "/dashboard/",
    "training": "/training/",
    "figures": "/training/1/figures/",
    "curves": "/training/1/curves/",
    "thresholds": "/training/1/thresholds/?au=14&at=0.3",
    "groups": "/training/1/groups/",
    "balance": "/training/1/balance/",
    "comparison": "/comparisons/1/",
    "model": "/models/2/",
    "models": "/models/",
    "drift": "/models/1/drift/",
    "card": "/models/1/card/",
    "datasheet": "/training/1/datasheet/",
    "chosen-faces": "/?emotion=surprise&emotion_model=negative",
    "preflight": "/training/new/",
    "queues": "/queues/",
    "queue-new": "/queues/new/",
    "people": "/people/",
    "person": "/people/1/",
    "subjects": "/subjects/",
    "subject": "/subjects/1/",
    "jobs": "/jobs/",
    "audit": "/audit/",
    "tokens": "/tokens/",
    "webhooks": "/webhooks/",
    "adjudication": "/adjudication/",
    "bulk": "/bulk/?confidence=0.7&agreeing=0",
    "not-found": "/nothing-here/",
    "api-docs": "/api/docs/",
}


def main() -> int:
    var = Path(os.environ.get("VAR_DIR", ROOT / "var"))
    password_file = var / "demo-password"
    chromium = shutil.which("chromium")
    if not password_file.exists() or chromium is None:
        print("Run `make demo ONCE=1` first, and `make chromium`.", file=sys.stderr)
        return 1
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "facsweb.settings")
    django.setup()
    (TARGET / "dark").mkdir(parents=True, exist_ok=True)
    address = free_address()
    manage = [sys.executable, "manage.py"]
    server = subprocess.Popen([*manage, "run", "--address", address], cwd=ROOT)
    workers = None
    try:
        _wait(f"http://{address}/login/")
        workers = subprocess.Popen([*manage, "worker"], cwd=ROOT)
        _wait_for_workers()
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=chromium, args=CHROMIUM_ARGUMENTS)
            for width, height in SIZES.items():
                page = browser.new_page(viewport={"width": width, "height": height})
                page.set_default_timeout(_PATIENCE)
                _take(page, f"http://{address}", password_file.read_text().strip(), width)
            _first_run(browser, manage)
            browser.close()
    finally:
        for process in (workers, server):
            if process is not None:
                process.terminate()
                process.wait()
    return 0


def _first_run(browser: Browser, manage: list[str]) -> None:
    """A machine without anybody: its page for the first admin, and what that admin sees then."""
    address = free_address()
    with tempfile.TemporaryDirectory() as var:
        environment = {
            **os.environ,
            "VAR_DIR": var,
            "DATABASE_URL": f"sqlite:///{var}/first.sqlite3",
        }
        server = subprocess.Popen([*manage, "run", "--address", address], cwd=ROOT, env=environment)
        try:
            _wait(f"http://{address}/healthz")
            made = [*manage, "first_admin_code"]
            told = subprocess.check_output(made, cwd=ROOT, env=environment, text=True)
            code = re.search(r"(?:[0-9A-Z]{5}-){3}[0-9A-Z]{5}", told)[0]
            page = browser.new_page()
            for width, height in SIZES.items():
                page.set_viewport_size({"width": width, "height": height})
                page.goto(f"http://{address}/")
                _save(page, "first-run", width)
            page.fill("input[name=code]", code)
            page.fill("input[name=username]", "boss")
            for box in page.locator("input[type=password]").all():
                box.fill(PASSWORD)
            page.locator("main button[type=submit]").click()
            page.wait_for_selector(".empty")
            for width, height in SIZES.items():
                page.set_viewport_size({"width": width, "height": height})
                _save(page, "first-gallery", width)
        finally:
            server.terminate()
            server.wait()


def _take(page: Page, url: str, password: str, width: int) -> None:
    page.goto(f"{url}/login/")
    _save(page, "login", width)
    page.fill("input[name=username]", "admin")
    page.fill("input[name=password]", password)
    page.press("input[name=password]", "Enter")
    page.wait_for_selector("a.face-card")
    _save(page, "gallery", width)
    page.goto(f"{url}/?agreement=disagree&emotion=surprise")
    page.locator("a.face-card").first.click()
    page.wait_for_selector("#face-image")
    _save(page, "face", width)
    face = page.url.partition("?")[0]
    page.locator(".overlay-switch").click()
    page.wait_for_function("() => document.querySelector('img.overlay.detection').naturalWidth > 0")
    _save(page, "landmarks", width)
    page.goto(f"{face}adjudicate/")
    _save(page, "adjudicate", width)
    page.goto(f"{url}/models/")
    page.get_by_role("link", name=re.compile("^Promote")).first.click()
    _save(page, "promotion", width)
    page.goto(f"{url}/training/")
    page.locator("a[href^='/training/']", has_text="run").last.click()
    _save(page, "training-run", width)
    page.goto(f"{url}{_PAGES['drift']}")
    page.locator("#check-drift").click()
    page.locator("#verdict-heading").wait_for(timeout=_PATIENCE)
    for name, path in _PAGES.items():
        page.goto(f"{url}{path}")
        _save(page, name, width)
    page.goto(f"{url}/agreement/")
    for box in page.locator("[name=coder]").all():
        box.check()  # the demo's people have coded little: its import and models, too
    page.get_by_role("button", name="Show", exact=True).click()
    page.wait_for_url("**/agreement/?*")
    _save(page, "agreement", width)
    page.goto(f"{url}/data/")
    page.get_by_label("Anonymous").check()
    page.get_by_role("button", name="Export", exact=True).click()
    page.locator("#transfers:not([hx-get])").wait_for(timeout=_PATIENCE)  # nothing goes on any more
    _save(page, "data", width)
    _queue(page, url, width)


def _queue(page: Page, url: str, width: int) -> None:
    """The first queue that there is, and the first face in it."""
    page.goto(f"{url}/queues/")
    page.locator(".queue-list h2 a").first.click()
    _save(page, "queue", width)
    page.get_by_role("button", name=re.compile("^(Start|Go on)")).first.click()
    page.wait_for_selector("#show-keys")
    page.keyboard.type("12")
    _save(page, "working", width)
    page.locator("[data-explain] button[type=submit]").click()
    page.wait_for_selector("img.overlay.cam", timeout=_PATIENCE)
    page.wait_for_function("() => document.querySelector('img.overlay.cam').naturalWidth > 0")
    page.evaluate("() => window.scrollTo(0, 0)")
    page.wait_for_timeout(500)  # the sticky picture settles
    _save(page, "explained", width)
    page.goto(f"{url}/explanations/1/")
    _save(page, "explanation", width)
    page.go_back()
    page.wait_for_selector("#show-keys")
    page.keyboard.press("?")
    _save(page, "keys", width)


def _save(page: Page, name: str, width: int) -> None:
    page.wait_for_load_state("networkidle")
    page.screenshot(path=TARGET / f"{name}-{width}.png")
    if name in _DARK:
        page.emulate_media(color_scheme="dark")
        page.wait_for_timeout(500)  # charts are drawn anew
        page.screenshot(path=TARGET / "dark" / f"{name}-{width}.png")
        page.emulate_media(color_scheme="light")


def _wait(url: str) -> None:
    for _ in range(900):
        try:
            urllib.request.urlopen(url, timeout=5)
            return
        except (urllib.error.URLError, ConnectionError):
            time.sleep(0.2)
    raise SystemExit(f"{url} did not answer")


def _wait_for_workers() -> None:
    """Else each picture would carry the note that no worker answers."""
    from facsweb.jobs.heartbeat import worker_state

    for _ in range(900):
        if not worker_state().missing:
            return
        time.sleep(0.2)
    raise SystemExit("the workers did not answer")


if __name__ == "__main__":
    sys.exit(main())
