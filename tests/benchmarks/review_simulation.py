"""A reviewer at the keyboard in a real browser: `python -m tests.benchmarks.review_simulation`.

Draws demo faces, trains on them, and then decides on faces of a queue as fast as the pages allow:
some are kept (by key, or untouched), some taken from the model, some corrected by typing. Tells
faces a minute, and how long it takes from the last key press to the confirmed save and to the next
face on the screen.
"""

from __future__ import annotations

import argparse
import shutil
import statistics
import sys
import tempfile
import time
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from tests.browser.conftest import CHROMIUM_ARGUMENTS, sign_in
from tests.stack import ROOT, Stack, running_stack
from tests.stack_fixtures import SMALL_TRAINING

#: What the simulated reviewer types, in turn.
KEYS = (["k"], ["m"], ["1", "2", "c", "Enter"], ["4", "Space", "s", "Enter"], ["Enter"])

#: Runs in the page: times from a key press to what the user sees.
_STOPWATCH = """
window.pressed = 0;
window.times = {saved: [], turned: []};
document.addEventListener("keydown", () => { window.pressed = performance.now(); }, true);
const note = (name) => window.times[name].push(performance.now() - window.pressed);
const after = (name) => requestAnimationFrame(() => note(name));
document.addEventListener("review-saved", () => after("saved"));
document.addEventListener("face-shown", () => after("turned"));
"""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--faces", type=int, default=60, help="faces to decide on")
    given = parser.parse_args()
    chromium = shutil.which("chromium")
    if chromium is None:
        print("chromium is missing; `make chromium` installs it.", file=sys.stderr)
        return 1
    with tempfile.TemporaryDirectory(prefix="facsweb-review") as folder:
        from annotations.synthetic.generator import generate
        from inference.ml.prior_weights import fetch_prior
        from inference.ml.weights import fetch_weights

        weights = [fetch(ROOT / "var" / "weights") for fetch in (fetch_weights, fetch_prior)]
        data = Path(folder) / "CK+"
        generate(data, images=given.faces + 20, subjects=16)
        with running_stack(Path(folder), *weights) as stack, sync_playwright() as playwright:
            _train(stack, data)
            browser = playwright.chromium.launch(executable_path=chromium, args=CHROMIUM_ARGUMENTS)
            page = browser.new_page(viewport={"width": 1280, "height": 900})
            page.add_init_script(_STOPWATCH)
            sign_in(page, stack, "reviewer")
            for label, pause in (("flat out", 0.0), ("half a second to look at each", 0.5)):
                print(label)
                _report(given.faces, *_review(page, stack, given.faces, pause))
            browser.close()
    return 0


def _train(stack: Stack, data: Path) -> None:
    stack.manage("import_ckplus", str(data))
    run = stack.call("training-runs/", user="admin", json_body={"config": SMALL_TRAINING})
    run = stack.wait_for_run(f"training-runs/{run['id']}/")
    stack.wait_for_run(f"inference-runs/{run['inference_run']}/")


def _review(
    page: Page, stack: Stack, faces: int, pause: float
) -> tuple[float, dict[str, list[float]]]:
    """(seconds in all, milliseconds from the last key)"""
    page.goto(f"{stack.url}/queues/new/")
    page.fill("[name=name]", f"simulated review {pause}")
    page.select_option("[name=order]", "random")
    page.get_by_role("button", name="Create the queue").click()
    page.get_by_role("button", name="Start").click()
    page.wait_for_selector("#show-keys")
    page.wait_for_load_state("networkidle")
    started = time.monotonic()
    for number in range(faces):
        time.sleep(pause)
        for key in KEYS[number % len(KEYS)]:
            page.keyboard.press(key)
        page.wait_for_function(
            "n => times.saved.length >= n && times.turned.length >= n", arg=number + 1
        )
    seconds = time.monotonic() - started
    return seconds, page.evaluate("() => window.times")


def _report(faces: int, seconds: float, times: dict[str, list[float]]) -> None:
    print(f"  {faces} faces in {seconds:.1f} s: {60 * faces / seconds:.0f} a minute")
    for name, label in (("saved", "confirmed save"), ("turned", "next face shown")):
        cuts = statistics.quantiles(times[name], n=20, method="inclusive")
        print(f"  key press to {label}: p50 {cuts[9]:.0f} ms, p95 {cuts[18]:.0f} ms")


if __name__ == "__main__":
    sys.exit(main())
