"""First looks in exports and imports: without them, an import would make people blind again."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

from annotations.formats.records import LookRecord
from annotations.formats.rows import RowError
from annotations.models import FirstLook
from annotations.transfers.existing_rows import user_named, when
from annotations.transfers.export_order import Order
from annotations.transfers.import_history import faces_named
from facsweb.problems import Problem

_COLUMNS = ("pk", "face__sha256", "user__username", "at")


def look_records(order: Order) -> Iterator[LookRecord]:
    for rows in order.rows(FirstLook.objects.order_by(), _COLUMNS):
        for _, face, user, at in rows:
            yield LookRecord(face, user, at.isoformat())


def add_looks(
    lines: Sequence[tuple[int, LookRecord]],
    refuse: Callable[[RowError], None],
    aliases: Mapping[str, int],
) -> None:
    """Write those of `lines` that are new; a look that is here keeps its time."""
    faces = faces_named({record.face for _, record in lines}, aliases)
    looks = []
    for line, record in lines:
        try:
            if record.face not in faces:
                raise Problem("The face that this is about isn't in the export.")
            user, at = user_named(record.user), when(record.at)
        except Problem as error:
            refuse(RowError("first_looks.jsonl", line, "row", error.detail))
        else:
            looks.append(FirstLook(user=user, face_id=faces[record.face], at=at))
    FirstLook.objects.bulk_create(looks, ignore_conflicts=True)
