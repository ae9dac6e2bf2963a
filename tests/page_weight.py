"""What pages weigh as a browser gets them: encoded bytes on the wire, by kind, headers included.

Chromium tells them through its DevTools protocol (`Network.loadingFinished`, encodedDataLength).
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from tests.stack import Stack

#: Faces of the demo's drawing, with their truth and a model's reading of each: the truth of others.
FACES = 56
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
    """Give a stack FACES drawn faces of 640 x 490 pixels, each read by a model that is a name."""
    from annotations.synthetic.generator import generate

    generate(folder / "CK+", seed=11, subjects=14, images=FACES, processes=1)
    stack.manage("import_ckplus", str(folder / "CK+"))
    stack.manage("shell", "-v0", "-c", _READINGS)


@dataclass
class Weight:
    """What one visit of a page took.

    Attributes
    ----------
    bytes
        Kind -> encoded bytes: document, stylesheet, script, image and others; "picture" is a face
        in full size, or its neutral frame.
    requests
        Addresses, in the order in which they were asked for.
    """

    bytes: Counter[str] = field(default_factory=Counter)
    requests: list[str] = field(default_factory=list)

    @property
    def without_pictures(self) -> int:
        return self.bytes.total() - self.bytes["picture"]


class Scales:
    """Weighs what a page (Playwright's) asks for, from its making or the last `begin` on."""

    def __init__(self, page: Any) -> None:
        self.weight = Weight()
        self._kinds: dict[str, str] = {}
        session = page.context.new_cdp_session(page)
        session.on("Network.requestWillBeSent", self._asked)
        session.on("Network.loadingFinished", self._got)
        session.send("Network.enable")

    def begin(self) -> None:
        self.weight = Weight()

    def _asked(self, event: dict[str, Any]) -> None:
        url = event["request"]["url"]
        full_size = "/image/" in url or "/neutral/" in url
        self._kinds[event["requestId"]] = "picture" if full_size else event["type"].lower()
        self.weight.requests.append(url)

    def _got(self, event: dict[str, Any]) -> None:
        kind = self._kinds.get(event["requestId"], "other")
        self.weight.bytes[kind] += int(event["encodedDataLength"])
