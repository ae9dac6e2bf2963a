"""Finding again, in data that was restored, those who withdrew after it was backed up."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from annotations.models import Face, Subject, Tombstone
from annotations.tombstones import Gone, picture_digests
from annotations.withdrawal.carry_out import remove_rows
from annotations.withdrawal.services import queue_withdrawal

_COLUMNS = ("kind", "digest", "key", "withdrawal")


def listed() -> Iterator[str]:
    """Yield each tombstone as a line, for `read_in` on another machine or after a restore."""
    for row in Tombstone.objects.values_list(*_COLUMNS):
        yield " ".join(map(str, row))


def read_in(lines: Iterable[str]) -> int:
    """Set the tombstones of such lines; return how many are new here.

    Raises
    ------
    ValueError
        A line is none.
    """
    before = Tombstone.objects.count()
    rows = [line.split() for line in lines if line.strip()]
    if any(
        len(row) != len(_COLUMNS)
        or row[0] not in Tombstone.Kind.values
        or len(row[1]) != 64
        or not row[3].isdigit()
        for row in rows
    ):
        raise ValueError("These aren't the lines of `withdraw_subject --list`.")
    Tombstone.objects.bulk_create(
        (Tombstone(**dict(zip(_COLUMNS, row, strict=True))) for row in rows),
        ignore_conflicts=True,
        batch_size=500,
    )
    return Tombstone.objects.count() - before


def known_again() -> list[Subject]:
    """Return the subjects whose code, or one of whose pictures, a tombstone stands for."""
    gone = Gone()
    if gone.is_empty:
        return []
    found = {s.pk: s for s in Subject.objects.iterator() if gone.subject(s.code)}
    for face in Face.objects.select_related("subject").iterator(chunk_size=1000):
        if face.subject_id not in found and any(map(gone.picture, picture_digests(face))):
            found[face.subject_id] = face.subject
    return list(found.values())


def carry_over() -> Callable[[], list[str]]:
    """Keep the tombstones of a database that is to be replaced by an older one.

    What is returned sets them in the new one, removes the rows of all whom they know, and says so;
    workers remove the rest when they start.
    """
    lines = list(listed())

    def after() -> list[str]:
        if not lines:
            return []
        read_in(lines)
        again = known_again()
        for subject in again:
            run = queue_withdrawal(subject, None, send=False)
            if run.claim():
                remove_rows(run)
                run.hand_back("The backup was from before it; workers remove what is left.")
        told = "The tombstones of those who withdrew are kept"
        return [f"{told}; {len(again)} of them were in the backup and are removed again."]

    return after
