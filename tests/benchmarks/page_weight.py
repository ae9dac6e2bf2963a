"""What the gallery and a face's page weigh in chromium, and how soon they can be used.

    python -m tests.benchmarks.page_weight [--visits 7]

A real server over loopback with drawn faces of 640 x 490 pixels (56 of them, 48 on a page), at both
widths, on screens of one and two dots a pixel. "Cold" is a new browser, "warm" one that has been
there. A page can be used when its `load` hasn't to be waited for and its scripts have run: modules
run before `DOMContentLoaded`, so that is taken, from the start of the navigation.
"""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
import sys
import tempfile
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, sync_playwright

from tests.benchmarks.figures import Figure, keep
from tests.browser.conftest import CHROMIUM_ARGUMENTS, sign_in
from tests.page_weight import Scales
from tests.stack import Stack, bare_stack

#: Faces of the demo's drawing, with their truth and a model's reading of each: the truth of others.
_FACES = 56
_READINGS = """
from annotations.codings.facts import write_facts
from annotations.codings.reading import Reading, Score
from annotations.codings.services import Provenance, add_coding
from annotations.facs import MODEL_ACTION_UNITS
from annotations.models import Coder, Coding
model, _ = Coder.objects.get_or_create(kind="model", name="read-for-a-test", is_default=True)
truths = list(Coding.objects.accepted().select_related("face").prefetch_related("scores"))
for at, truth in enumerate(truths):
    said = truths[at if at % 3 else at - 1]
    shown = {score.au for score in said.scores.all() if score.present}
    scores = {
        au: Score(au in shown, probability=0.9 if au in shown else 0.1) for au in MODEL_ACTION_UNITS
    }
    chances = dict.fromkeys(("negative", "positive", "surprise"), 0.1)
    emotion = said.emotion or "positive"
    reading = Reading(emotion, scores, emotion_probabilities=chances | {emotion: 0.8})
    add_coding(truth.face, model, reading, Provenance(split="test"))
write_facts([truth.face_id for truth in truths])
"""


def fill(stack: Stack, folder: Any) -> None:
    """Give a stack _FACES drawn faces of 640 x 490 pixels, each read by a model that is a name."""
    from annotations.synthetic.generator import generate

    generate(folder / "CK+", seed=11, subjects=14, images=_FACES, processes=1)
    stack.manage("import_ckplus", str(folder / "CK+"))
    stack.manage("shell", "-v0", "-c", _READINGS)


_USABLE = "() => performance.getEntriesByType('navigation')[0].domContentLoadedEventEnd"


def visit(page: Any, scales: Scales, url: str) -> tuple[Any, float]:
    """Return what a visit weighs, and the milliseconds until the page can be used."""
    scales.begin()
    page.goto(url)
    page.wait_for_load_state("networkidle")
    return scales.weight, page.evaluate(_USABLE)


def measure(browser: Browser, stack: Stack, visits: int) -> None:
    face = stack.call("faces/?page_size=2", user="admin")["results"][1]["id"]
    print(f"# load {os.getloadavg()[0]:.1f}")
    print("| page | cold: bytes, kind by kind | without pictures | warm | usable, cold; warm |")
    print("|---|---|---|---|---|")
    for name, path in (("gallery", "/"), ("face", f"/faces/{face}/")):
        for width, dots in ((1280, 1), (1280, 2), (390, 1), (390, 2)):
            cold, warm, weighed = [], [], []
            for _ in range(visits):
                context = browser.new_context(
                    viewport={"width": width, "height": 900}, device_scale_factor=dots
                )
                page = context.new_page()
                scales = Scales(page)
                sign_in(page, stack, "reviewer")
                first, soon = visit(page, scales, stack.url + path)
                again, sooner = visit(page, scales, stack.url + path)
                cold.append(soon)
                warm.append(sooner)
                weighed = [first, again]
                context.close()
            first, again = weighed
            kinds = ", ".join(f"{kind} {size:,}" for kind, size in sorted(first.bytes.items()))
            print(
                f"| {name}, {width} px, {dots} a pixel | {first.bytes.total():,}: {kinds} "
                f"| {first.without_pictures:,} | {again.without_pictures:,} "
                f"| {statistics.median(cold):.0f} ms; {statistics.median(warm):.0f} ms |",
                flush=True,
            )
            told = f"{name} at {width} px, {dots} a pixel"
            keep(Figure(f"{told}, cold", "kB", (first.without_pictures / 1000,)))
            keep(Figure(f"{told}, usable when cold", "ms", tuple(cold)))
            keep(Figure(f"{told}, usable when warm", "ms", tuple(warm)))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--visits", type=int, default=7, help="of each page, by a new browser")
    given = parser.parse_args()
    with (
        tempfile.TemporaryDirectory() as folder,
        bare_stack(Path(folder), queues=["data"]) as stack,
        sync_playwright() as playwright,
    ):
        fill(stack, Path(folder))
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=CHROMIUM_ARGUMENTS
        )
        measure(browser, stack, given.visits)
        browser.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
