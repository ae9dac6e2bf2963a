"""Facts that rows keep of a face's codings, so that lists needn't work them out.

A model's reading keeps whether the truth differs from it (`Coding.differs`), a face whether it has
a truth (`Face.is_labelled`). Both follow from codings, so whoever writes a coding, accepts one or
takes one back has them written here, in the same transaction and under the face's lock;
`manage.py fsck` compares them with the codings.
"""

from __future__ import annotations

from collections.abc import Collection

from django.db.models import Exists, OuterRef, Q

from annotations.codings.comparison import rows_differ
from annotations.models import Coder, Coding, Face
from annotations.models.differences import difference_from_truth

_TRUTH = Coding.objects.filter(face=OuterRef("pk"), is_accepted=True)
_COLUMNS = ("pk", "face_id", "is_accepted", "differs", "emotion", "units_present", "units_absent")


def write_facts(faces: Collection[int]) -> None:
    """Write what follows from the codings of the faces with these ids; at most 1,000 of them.

    They are compared here: of one face, Django takes three times as long to write the SQL for it.
    """
    told = Coding.objects.filter(Q(is_accepted=True) | Q(coder_kind=Coder.Kind.MODEL))
    rows = list(told.filter(face__in=faces).order_by().values_list(*_COLUMNS))
    truths = {face: said for _, face, is_truth, _, *said in rows if is_truth}
    changed: dict[bool | None, list[int]] = {}
    for reading, face, is_truth, kept, *said in rows:
        due = rows_differ(said, truths[face]) if face in truths else None
        if not is_truth and due != kept:
            changed.setdefault(due, []).append(reading)
    for due, readings in changed.items():
        Coding.objects.filter(pk__in=readings).update(differs=due)
    for is_labelled, those in ((True, truths.keys()), (False, set(faces) - truths.keys())):
        if those:
            Face.objects.filter(pk__in=those).update(is_labelled=is_labelled)


def write_differences(readings: Collection[Coding]) -> None:
    """Write whether the truths of their faces differ from new readings by models."""
    new = Coding.objects.filter(pk__in=[reading.pk for reading in readings])
    new.update(differs=difference_from_truth())


def wrong_facts(first: int, last: int) -> list[int]:
    """Return those of the faces within a range of ids of which a row keeps what isn't so."""
    readings = Coding.objects.predictions().filter(face__gte=first, face__lte=last).order_by()
    told = readings.annotate(due=difference_from_truth()).values_list("face", "differs", "due")
    differing = [face for face, kept, due in told if kept != due]
    labels = Face.objects.filter(pk__gte=first, pk__lte=last).annotate(due=Exists(_TRUTH))
    labelled = [
        face
        for face, kept, due in labels.order_by().values_list("pk", "is_labelled", "due")
        if kept != due
    ]
    return sorted({*differing, *labelled})


def write_all_facts(after: int) -> None:
    """Write the facts of every face above an id, for whoever wrote many codings by other means."""
    readings = Coding.objects.predictions().filter(face__gt=after)
    readings.update(differs=difference_from_truth())
    Face.objects.filter(pk__gt=after).update(is_labelled=Exists(_TRUTH))
