"""Whatever door a face or a file leaves by, the audit knows, and no cache keeps it.

The doors are those of the URL configuration, so that a new one is asked as well.
"""

from __future__ import annotations

from django.db import transaction

from facsweb.audit.selectors import entries
from tests.access.test_matrix import world  # noqa: F401 - a fixture
from tests.access.world import PEOPLE, World, endpoints

_FILES = ("image/", "text/csv", "application/zip", "application/vnd.apache.parquet")


def _sent(world: World, actor: str, method: str, address: str):  # noqa: F811 - as above
    """The answer, its body, and how many acts the audit has more."""
    point, before = transaction.savepoint(), entries().count()
    answer = getattr(world.clients[actor], method)(address)
    body = b"".join(answer.streaming_content) if answer.streaming else answer.content
    recorded = entries().count() - before
    transaction.savepoint_rollback(point)
    return answer, body, recorded


def test_what_leaves_is_recorded_and_kept_by_no_cache(world):  # noqa: F811 - as above
    silent, kept, bodies = [], [], []
    for endpoint in endpoints():
        address = world.address(endpoint)
        for actor in (*PEOPLE, "token:read"):
            answer, _, recorded = _sent(world, actor, "get", address)
            cache = {part.strip() for part in answer.get("Cache-Control", "").split(",")}
            if not {"private", "no-store"} <= cache:
                kept.append(f"{endpoint.name} for {actor}: {answer.status_code} {sorted(cache)}")
            leaves = answer.get("Content-Type", "").startswith(
                _FILES
            ) or "attachment" in answer.get("Content-Disposition", "")
            if answer.status_code == 200 and leaves:
                if not recorded:
                    silent.append(f"{endpoint.name} for {actor}")
                if _sent(world, actor, "head", address)[1]:
                    bodies.append(endpoint.name)
    assert not (silent or kept or bodies), "\n".join([*silent, *kept, *bodies])
