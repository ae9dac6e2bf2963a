"""Who codes blind learns nothing, at any address, by any word, order, count or header."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.db import transaction
from django.utils import timezone

from annotations.models import BulkRun, FirstLook, QueueMaking
from facsweb.accounts import sessions
from tests.access.blind import BLIND, FIRST, MARKERS, SECOND, BlindWorld

#: Totals over all faces, for admins: they tell nothing of a single face.
TOTALS = ("/training/new/",)


@pytest.fixture
def world(db, settings, monkeypatch) -> BlindWorld:
    # The page of one's sessions tells when and whence each was used, once a minute: asking takes
    # longer on a busy machine, and that isn't a difference between the worlds.
    monkeypatch.setattr(sessions, "_BETWEEN_NOTES", timedelta(days=1))
    settings.API_REQUESTS_PER_MINUTE = settings.SIGN_INS_PER_MINUTE = 1_000_000
    world = BlindWorld()
    for model in (BulkRun, QueueMaking):  # else it takes longer
        model.objects.update(status="cancelled", finished_at=timezone.now())
    return world


def asked_in_turn(world: BlindWorld, name: str) -> dict[str, str]:
    """Every answer, each as if it had been asked alone."""
    return {asked: answer for asked, answer, _ in turns(world, name)}


def turns(world: BlindWorld, name: str) -> Iterator[tuple[str, str, bool]]:
    """(what was asked, the answer, whether it was written down that they have looked)."""
    cookies = copy.deepcopy(world.clients[name].cookies)
    looks = FirstLook.objects.filter(user=world.users[name], face=world.ids["face"])
    answers = world.answers(name)
    while True:
        point = transaction.savepoint()
        try:
            asked, answer = next(answers)
        except StopIteration:
            return
        looked = looks.exists()
        transaction.savepoint_rollback(point)
        world.clients[name].cookies = copy.deepcopy(cookies)  # messages to the next page
        yield asked, answer, looked


@pytest.mark.parametrize("name", BLIND)
def test_who_codes_blind_finds_no_marker_and_cannot_tell_two_worlds_apart(world, name):
    """Neither a hidden value in any answer, nor a difference in text, order, count or header
    between two worlds that differ in hidden values only."""
    first = asked_in_turn(world, name)
    leaks = [
        f"{asked}: {marker}"
        for asked, answer in first.items()
        for marker in MARKERS
        if marker in answer and f"q={marker}" not in asked
    ]
    assert not leaks, "\n".join(leaks)
    world.say(SECOND)
    second = asked_in_turn(world, name)
    assert first.keys() == second.keys()
    told_apart = [
        f"{asked}\n{_difference(first[asked], second[asked])}"
        for asked in first
        if first[asked] != second[asked] and not any(path in asked for path in TOTALS)
    ]
    assert not told_apart, "\n".join(told_apart)


def test_the_markers_are_there_for_who_may_see(world):
    """Else the two tests above would find nothing wherever they look."""
    found = set()
    for answer in asked_in_turn(world, "admin").values():
        found |= {marker for marker in MARKERS if marker in answer}
    assert set(MARKERS) - found == {"namemark.png"}  # which no page shows to anybody


def test_auditor_reads_nothing_of_a_single_face(world):
    """No reading and no name: at no address, the audit's among them. Tags of subjects they may."""
    answers = asked_in_turn(world, "auditor")
    secret = set(MARKERS) - {FIRST["ethnicity"], FIRST["age_group"]}
    leaks = [
        f"{asked}: {marker}"
        for asked, answer in answers.items()
        for marker in secret
        if marker in answer and f"q={marker}" not in asked
    ]
    assert not leaks, "\n".join(leaks)
    assert any(asked.startswith("get /audit/") for asked in answers)


def test_whoever_is_shown_a_reading_is_written_down(world):
    """At each address: an answer that holds what is said of the face leaves a first look."""
    said = {"sourcemark", "commentmark", "reasonmark", "0.731092", "0.640817"}
    unseen = [
        asked
        for asked, answer, looked in turns(world, "reviewer")
        if not looked and any(marker in answer for marker in said)
    ]
    assert not unseen, "\n".join(unseen)


def _difference(one: str, other: str) -> str:
    pairs = zip(one.splitlines(), other.splitlines(), strict=False)
    return next((f"  {a[:200]}\n  {b[:200]}" for a, b in pairs if a != b), "  in length")
