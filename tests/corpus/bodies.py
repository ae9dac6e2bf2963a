"""JSON bodies that are no label, no prediction and no JSON: (what it is, path, bytes)."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from typing import Any

_PATHS = ("faces/1/codings/", "codings/", "codings/batch/", "predictions/batch/", "faces/known/",
          "queues/", "exports/", "token/")  # fmt: skip
_VALUES: tuple[Any, ...] = (
    None, True, False, 0, -1, 1, 2**63, 2**64, -(2**70), 0.5, 1e308, "", " ", "1", "12", "true",
    "null", "positive", "x" * 10_000, "\x00", "\ud800", "é", [], [1], {}, {"12": 1}, {"12": "1"},
    {"12": "F"}, {"12": None}, {"12": []}, {"012": True}, {"-1": True}, {"AU12": True}, {"": True},
    {"12": True, "99": True}, [[[[]]]], ["positive"], {"emotion": {"emotion": "x"}},
)  # fmt: skip
_NAMES = ("face", "emotion", "action_units", "seen", "comment", "items", "model", "sha256", "name",
          "order", "format", "username", "password", "scopes", "emotion_probabilities")  # fmt: skip
_RAW = (
    b"", b"{", b"[", b"nul", b"NaN", b'{"seen": NaN}', b'{"seen": Infinity}', b'{"seen": 1e999}',
    b"[" * 10_000, b'{"a":' * 10_000, b'{"a":' * 100_000 + b"1", b"\xff\xfe", b"\x00", b'"x"', b"1",
    b"[]", b"null", b'{"seen": 01}', b"{'seen': 1}", b'{"seen": 1,}', b'{"seen": 1}{"seen": 2}',
    b'{"seen": 1, "seen": null}', b"\xef\xbb\xbf{}", b'{"emotion": "\\ud800"}', b'{"\\ud800": 1}',
)  # fmt: skip


def bodies(seed: int) -> Iterator[tuple[str, str, bytes]]:
    """Some 600, the same for the same seed."""
    draw = random.Random(seed)
    for path in _PATHS:
        for raw in _RAW:
            yield f"raw {raw[:20]!r}", path, raw
        for _ in range(50):
            body = {
                name: draw.choice(_VALUES) for name in draw.sample(_NAMES, draw.randrange(1, 8))
            }
            if draw.random() < 0.5:
                body |= {"seen": None, "emotion": "positive"}
            if path.endswith("batch/") and draw.random() < 0.7:
                body = {"model": "m 1", "items": [body | {"face": draw.choice((1, "1", 10**9))}]}
            yield "odd values", path, json.dumps(body).encode()
