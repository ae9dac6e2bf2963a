"""How fast lists and figures for reviewers answer: queues, adjudication, bulk preview, people.

    python -m tests.benchmarks.decisions [--faces 10000 100000] [--postgresql] [--only PART]

The faces are `load_test_data`'s; beside them stand two queues of all faces, half worked on. Each
page is asked ten times, as an admin and in one process without a network; the figures are as
`tests.benchmarks.lists` has them. `--here` takes the settings' own database, and fills it only if
it is empty. docs/performance.md has the table.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import Any

from tests.benchmarks.asked import heading, tell
from tests.benchmarks.sizes import at_sizes

#: Rows of queues that are written at once.
_ROWS = 5000
_ADDRESSES = {
    "adjudication": "/adjudication/",
    "bulk preview, few are sure enough": "/bulk/?confidence=0.9&agreeing=1",
    "bulk preview, all are": "/bulk/?confidence=0.5&agreeing=0",
    "agreement": "/agreement/",
    "new training": "/training/new/",
    "trainings": "/training/",
    "models": "/models/",
    "queues": "/queues/",
    "queue": "/queues/1/",
    "new queue": "/queues/new/",
    "API, queues": "/api/v1/queues/",
    "people": "/people/",
    "subjects": "/subjects/",
    "API, subjects": "/api/v1/subjects/",
    "API, coders": "/api/v1/coders/",
    "jobs": "/jobs/",
    "audit": "/audit/",
}


def add_queues(admin: Any, coders: list[Any]) -> None:
    """Two queues of all faces: coding by two people each, and acceptance; half of each is done."""
    from django.utils import timezone

    from annotations.models import Assignment, Face, Queue, QueueItem, Stage

    faces, now = list(Face.objects.order_by("pk").values_list("pk", flat=True)), timezone.now()
    half = len(faces) // 2
    for stage, wanted, people in ((Stage.CODING, 2, coders), (Stage.ACCEPTANCE, 1, [admin])):
        queue = Queue.objects.create(
            name=f"All, {stage}", order="random", first_stage=stage, coders_per_face=wanted,
            created_by=admin,
        )  # fmt: skip
        done = {"state": "in_progress" if wanted == 2 else "completed", "taken": 1}
        for part in _parts(enumerate(faces, start=1)):
            QueueItem.objects.bulk_create(
                QueueItem(
                    queue=queue, face_id=face, position=number, reason="Drawn at random (seed 1).",
                    stage=stage, wanted=wanted, **(done if number <= half else {}),
                )
                for number, face in part
            )  # fmt: skip
        worked_on = queue.items.filter(position__lte=half).values_list("pk", flat=True)
        for items in _parts(list(worked_on)):
            Assignment.objects.bulk_create(
                Assignment(
                    item_id=item, queue=queue, stage=stage, user=people[0], state="completed",
                    finished_at=now,
                )
                for item in items
            )  # fmt: skip


def _parts(rows: Iterable[Any]) -> Iterator[list[Any]]:
    rest = iter(rows)
    while part := list(islice(rest, _ROWS)):
        yield part


def measure(faces: int, only: str) -> None:
    """Fill the database of the settings, and time each page."""
    import django

    django.setup()
    from django.contrib.auth.models import Group, User
    from django.core.management import call_command
    from django.db import transaction
    from django.test import Client

    from annotations.models import Face, Queue
    from annotations.queues.assignments import take_next
    from facsweb.static_files import collect_static
    from facsweb.table_sizes import count_tables

    call_command("migrate", verbosity=0)
    collect_static()
    if not Face.objects.exists():
        call_command("load_test_data", faces=faces, pictures=0)
    people = []
    for name, role in (("chief", "admin"), ("ann", "coder"), ("ben", "coder")):
        user, _ = User.objects.get_or_create(username=name)
        user.groups.add(Group.objects.get(name=role))
        people.append(user)
    admin, ann, ben = people
    if not Queue.objects.exists():
        with transaction.atomic():
            add_queues(admin, [ann, ben])
        count_tables()
    client = Client(SERVER_NAME="localhost")
    client.force_login(admin)

    def hand_out(user: User, queue: Queue) -> Callable[[], object]:
        def act() -> None:
            with transaction.atomic():
                assert take_next(queue, user, queue.first_stage) is not None
                transaction.set_rollback(True)

        return act

    coding, acceptance = Queue.objects.order_by("pk")
    acts: dict[str, Callable[[], object]] = {
        name: lambda address=address: client.get(address)  # type: ignore[misc]
        for name, address in _ADDRESSES.items()
    }
    acts |= {
        "next face, who coded the half of them": hand_out(ann, coding),
        "next face, who coded none": hand_out(ben, coding),
        "next face to accept": hand_out(admin, acceptance),
    }
    print(heading(faces), flush=True)
    for name, act in acts.items():
        if only in name:
            tell(name, act, faces)


if __name__ == "__main__":
    sys.exit(at_sizes("tests.benchmarks.decisions", __doc__, measure, [10_000, 100_000]))
