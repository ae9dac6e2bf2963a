"""What a test needs, told by the fixtures that it asks for, so that nobody has to remember it.

- `database`: rows of a database, its own or a running server's. PostgreSQL's run takes these,
  but for the client's tests: what it is answered is tested elsewhere.
- `training`: VGG16's weights, so a network is built or trained. `make check` leaves these out.
- Tests that share what is slow to make stay in one process of pytest-xdist.
"""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

#: Session fixtures that are worth a process of their own, the longest first.
_SHARED = ("stack", "plain_stack")
_DATABASE = {"db", "transactional_db", *_SHARED}


@pytest.hookimpl(wrapper=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> Iterator[None]:
    for item in items:
        _mark(item)
    yield  # the order is made random, and `-m` chooses
    if "PYTEST_XDIST_WORKER" in os.environ:
        items.sort(key=_rank)  # the longest first, so that no process ends long after the others


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """One more than there are cores: a test often waits for a server or a browser.

    More than eight have nothing left to do while the longest group goes on.
    """
    return min(len(os.sched_getaffinity(0)) + 1, 8)


def _mark(item: pytest.Item) -> None:
    asked = set(item.fixturenames)
    named = {mark.name for mark in item.iter_markers()}
    needs_rows = asked & _DATABASE or named & {"django_db", "worker"}
    if needs_rows and item.path.parent.name != "client":
        item.add_marker("database")
    if "vgg16_weights" in asked and "worker" not in named:
        item.add_marker("training")
    group = _group(item, asked)
    if group:
        item.add_marker(pytest.mark.xdist_group(group))


def _group(item: pytest.Item, asked: set[str]) -> str | None:
    for name in _SHARED:
        if name in asked:
            return name
    fixtures = [found[-1] for found in item._fixtureinfo.name2fixturedefs.values()]
    ours = [fixture for fixture in fixtures if fixture.baseid.startswith("tests/")]
    if any(fixture.scope == "module" for fixture in ours):
        return f"{item.path.parent.name}-{item.path.stem.removeprefix('test_')}"
    return None


def _rank(item: pytest.Item) -> int:
    group = item.get_closest_marker("xdist_group")
    if group and group.args[0] in _SHARED:
        return _SHARED.index(group.args[0])
    slow = item.get_closest_marker("worker"), group, item.get_closest_marker("training")
    return next((2 + place for place, has in enumerate(slow) if has), 9)
