"""What a test needs, told by the fixtures that it asks for, so that nobody has to remember it.

- `database`: rows of a database, its own or a running server's. PostgreSQL's run takes these,
  but for the client's tests: what it is answered is tested elsewhere.
- `training`: VGG16's weights, so a network is built or trained. `make check` leaves these out.
- Tests that share what is slow to make are a group, and stay in one process of pytest-xdist.
"""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from xdist.scheduler import LoadScopeScheduling

#: Session fixtures that are worth a process of their own, the longest first.
_SHARED = ("stack", "plain_stack")
_DATABASE = {"db", "transactional_db", *_SHARED}
_FILE = pytest.StashKey[str]()


@pytest.hookimpl(wrapper=True)
def pytest_collection_modifyitems(
    config: pytest.Config, items: list[pytest.Item]
) -> Iterator[None]:
    for item in items:
        _mark(item)
    yield  # the order is made random, and `-m` chooses
    if workerinput := getattr(config, "workerinput", None):
        items.sort(key=_rank)  # the longest first, so that no process ends long after the others
        groups = {item.nodeid: group for item in items if (group := _group(item))}
        written = Path(f"{workerinput['groups']}.{os.getpid()}")
        written.write_text(json.dumps(groups))
        written.rename(workerinput["groups"])  # every process writes the same


def pytest_xdist_auto_num_workers() -> int:
    """One for each core: on two, a third loads TensorFlow once more, and all wait for the cores.

    More than eight have nothing left to do while the longest group goes on.
    """
    return min(len(os.sched_getaffinity(0)), 8)


def pytest_configure_node(node) -> None:
    if _FILE not in node.config.stash:
        node.config.stash[_FILE] = tempfile.mkstemp(prefix="facsweb-groups")[1]
        node.config.add_cleanup(lambda: Path(node.config.stash[_FILE]).unlink())
    node.workerinput["groups"] = node.config.stash[_FILE]


def pytest_xdist_make_scheduler(config: pytest.Config, log) -> Groups:
    config.option.loadscopereorder = False
    return Groups(config, log)


class Groups(LoadScopeScheduling):
    """Groups go to one process each, in their order; other tests go where there is time.

    xdist 3.8's `--dist loadgroup` adds the group to a test's id, which pytest 9.2 leaves as it is
    (pytest-xdist's issue 1386): no test would be in a group, and nobody told.
    """

    def schedule(self) -> None:
        self.groups = json.loads(Path(self.config.stash[_FILE]).read_text())
        super().schedule()

    def _split_scope(self, nodeid: str) -> str:
        return self.groups.get(nodeid, nodeid)


def _mark(item: pytest.Item) -> None:
    asked = set(item.fixturenames)
    named = {mark.name for mark in item.iter_markers()}
    needs_rows = asked & _DATABASE or named & {"django_db", "worker"}
    if needs_rows and item.path.parent.name != "client":
        item.add_marker("database")
    if "vgg16_weights" in asked and "worker" not in named:
        item.add_marker("training")


def _group(item: pytest.Item) -> str | None:
    for name in _SHARED:
        if name in item.fixturenames:
            return name
    fixtures = [found[-1] for found in item._fixtureinfo.name2fixturedefs.values()]
    ours = [fixture for fixture in fixtures if fixture.baseid.startswith("tests/")]
    if any(fixture.scope == "module" for fixture in ours):
        return item.nodeid.partition("::")[0]
    return None


def _rank(item: pytest.Item) -> int:
    group = _group(item)
    if group in _SHARED:
        return _SHARED.index(group)
    slow = item.get_closest_marker("worker"), group, item.get_closest_marker("training")
    return next((len(_SHARED) + place for place, has in enumerate(slow) if has), 9)
