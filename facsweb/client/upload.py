"""Uploading a folder's pictures in parallel batches, and going on with an upload that broke off."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from itertools import islice

from tqdm import tqdm

from facsweb.client.client import Client, Json
from facsweb.client.tables import Picture

_ASKED_AT_ONCE = 1000


@dataclass
class Outcome:
    created: int = 0
    unchanged: int = 0
    refused: list[tuple[Picture, str]] = field(default_factory=list)


def upload(
    client: Client,
    pictures: Sequence[Picture],
    *,
    batch: int = 50,
    parallel: int = 4,
    predict: bool | None = None,
    quiet: bool = False,
) -> Outcome:
    """Send what the server doesn't have yet; the same call again goes on where it stopped.

    No more than `parallel` batches are in memory. Raises what `Client` raises, after the batches
    that were under way have ended.
    """
    outcome = Outcome()
    with (
        tqdm(total=len(pictures), unit="image", disable=quiet) as bar,
        ThreadPoolExecutor(parallel) as threads,
    ):
        waiting: set[Future[tuple[list[Picture], Json]]] = set()

        def settle(done: set[Future[tuple[list[Picture], Json]]]) -> None:
            for future in done:
                sent, answer = future.result()
                _count(outcome, sent, answer)
                bar.update(len(sent))

        try:
            for group in _missing(client, pictures, outcome, bar, batch):
                if len(waiting) >= parallel:
                    done, waiting = wait(waiting, return_when=FIRST_COMPLETED)
                    settle(done)
                waiting.add(threads.submit(_send, client, group, predict))
            settle(wait(waiting)[0])
        except BaseException:
            for future in waiting:
                future.cancel()
            raise
    return outcome


def _missing(
    client: Client, pictures: Sequence[Picture], outcome: Outcome, bar: tqdm[None], batch: int
) -> Iterator[list[Picture]]:
    """Yield batches of the pictures that aren't there yet; count the others."""
    left: list[Picture] = []
    todo = iter(pictures)
    while group := list(islice(todo, _ASKED_AT_ONCE)):
        digests: dict[int, str] = {}
        for place, picture in enumerate(group):
            try:
                digests[place] = hashlib.sha256(picture.path.read_bytes()).hexdigest()
            except OSError as error:
                outcome.refused.append((picture, f"The file can't be read: {error.strerror}."))
                bar.update()
        known = client.known(list(dict.fromkeys(digests.values()))) if digests else {}
        for place, digest in digests.items():
            if digest in known:
                outcome.unchanged += 1
                bar.update()
            else:
                left.append(group[place])
        while len(left) >= batch:
            yield left[:batch]
            left = left[batch:]
    if left:
        yield left


def _send(
    client: Client, pictures: list[Picture], predict: bool | None
) -> tuple[list[Picture], Json]:
    files = [(picture.path.name, picture.path.read_bytes()) for picture in pictures]
    return pictures, client.upload(files, [picture.row for picture in pictures], predict=predict)


def _count(outcome: Outcome, sent: list[Picture], answer: Json) -> None:
    outcome.created += answer["created"]
    outcome.unchanged += answer["unchanged"]
    for picture, item in zip(sent, answer["items"], strict=True):
        if item["status"] == "refused":
            fields = [f"{name}: {' '.join(texts)}" for name, texts in item["fields"].items()]
            outcome.refused.append((picture, " ".join(fields) or item["detail"]))
