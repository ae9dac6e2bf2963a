"""What pages weigh as a browser gets them: encoded bytes on the wire, by kind, headers included.

Chromium tells them through its DevTools protocol (`Network.loadingFinished`, encodedDataLength).
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any


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
