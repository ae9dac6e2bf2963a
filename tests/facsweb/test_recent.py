"""Numbers over many rows serve for some seconds; numbers over few are counted each time."""

from __future__ import annotations

import time

import pytest

from facsweb import recent


@pytest.fixture
def seconds(monkeypatch):
    """Moves the clock on."""
    now = [1000.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])

    def later(by: float) -> None:
        now[0] += by

    return later


def test_few_rows_are_counted_whenever_somebody_asks(seconds):
    numbers = recent.Recent(lambda number: number)
    assert numbers.of("queue", lambda: recent.MANY) == recent.MANY
    assert numbers.of("queue", lambda: 3) == 3


def test_a_number_over_many_rows_serves_the_longer_the_more_they_are(seconds):
    numbers = recent.Recent(lambda number: number)
    many = 4 * recent.MANY
    assert numbers.of("one", lambda: many) == many
    assert numbers.of("other", lambda: 5) == 5
    seconds(3.9)
    assert numbers.of("one", lambda: 7) == many
    seconds(0.2)
    assert numbers.of("one", lambda: 7) == 7


def test_numbers_of_ever_more_things_take_no_more_room(seconds):
    numbers = recent.Recent(lambda number: recent.MANY + 1)
    for key in range(1000):
        numbers.of(key, lambda: 1)
    assert len(numbers._kept) <= 200
