"""Facts that are stored twice, for speed: does the copy still say what its source says?"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from functools import partial
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Count, F, Q

from annotations.codings.facts import write_facts, wrong_facts
from annotations.codings.reading import least_confidence
from annotations.faces.services import lock_face
from annotations.models import (
    ActionUnitScore,
    Assignment,
    Coder,
    Coding,
    Face,
    QueueItem,
    Snapshot,
    State,
    Subject,
)
from annotations.models.unit_bits import unit_bits
from annotations.queues.assignments import OPEN_STATES
from annotations.tombstones import made_under_other_keys
from annotations.withdrawal.known_again import known_again
from annotations.withdrawal.services import queue_withdrawal
from facsweb.fsck.findings import Check, Finding, Walk
from inference.models import ModelAlias

_AT_ONCE = 1000
_COLUMNS = (
    "pk", "coder_kind", "coder__kind", "emotion", "confidence", "emotion_probabilities",
    "units_present", "units_absent", "least_confidence",
)  # fmt: skip
_COUNTS = ("pk", "state", "taken", "holding", "standing")
_COPIES = ("coder_kind", "confidence", "units_present", "units_absent", "least_confidence")


def checks() -> list[Check]:
    """Return the checks of facts that are kept twice."""
    return [
        Check("copies in codings", _codings, Coding.objects.count),
        Check("facts of faces", _faces, Face.objects.count),
        Check("people on queues' faces", _queue_items, QueueItem.objects.count),
        Check("the champion", _champion, lambda: 1),
        Check("snapshots", _snapshots, Snapshot.objects.count),
        Check("those who withdrew", _withdrawn, Subject.objects.count),
    ]


def _codings(after: int) -> Walk:
    while rows := list(
        Coding.objects.filter(pk__gt=after).order_by("pk")[:_AT_ONCE].values(*_COLUMNS)
    ):
        for row, due in _with_due(rows):
            wrong = [name for name in _COPIES if row[name] != due[name]]
            if wrong:
                yield Finding(
                    "copies in codings",
                    f"coding:{row['pk']}",
                    f"Its {' and '.join(wrong)} isn't what its scores, probabilities or coder say",
                    "write it anew from them",
                    partial(_copy_again, row["pk"]),
                )
        after = rows[-1]["pk"]
        yield after


def _with_due(rows: list[dict[str, Any]]) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    """Yield each row, and what its copies should be."""
    first, last = rows[0]["pk"], rows[-1]["pk"]
    scores = ActionUnitScore.objects.filter(coding__gte=first, coding__lte=last)
    units: dict[tuple[int, bool], list[int]] = defaultdict(list)
    chances: dict[int, list[float | None]] = defaultdict(list)
    for coding, au, present, chance in scores.values_list("coding", "au", "present", "probability"):
        units[coding, present].append(au)
        chances[coding].append(chance)
    for row in rows:
        yield (
            row,
            {
                "coder_kind": row["coder__kind"],
                "confidence": (row["emotion_probabilities"] or {}).get(row["emotion"]),
                "units_present": unit_bits(units[row["pk"], True]),
                "units_absent": unit_bits(units[row["pk"], False]),
                "least_confidence": least_confidence(
                    row["emotion_probabilities"], chances[row["pk"]]
                ),
            },
        )


def _copy_again(pk: int) -> bool:
    try:
        with transaction.atomic():
            for _, due in _with_due(list(Coding.objects.filter(pk=pk).values(*_COLUMNS))):
                Coding.objects.filter(pk=pk).update(**due)
    except IntegrityError:  # a rule of the database says that it can't be so either
        return False
    return True


def _faces(after: int) -> Walk:
    """Look whether rows keep of each face what its codings say (annotations.codings.facts)."""
    while ids := list(
        Face.objects.filter(pk__gt=after).order_by("pk").values_list("pk", flat=True)[:_AT_ONCE]
    ):
        for pk in wrong_facts(ids[0], ids[-1]):
            yield Finding(
                "facts of faces",
                f"face:{pk}",
                "Whether it has a truth, or differs from it by a model, isn't what its codings say",
                "write it anew from them",
                partial(_tell_again, pk),
            )
        after = ids[-1]
        yield after


@transaction.atomic
def _tell_again(pk: int) -> bool:
    for face in Face.objects.filter(pk=pk):
        lock_face(face)
        write_facts([pk])
    return True


def _queue_items(after: int) -> Walk:
    standing = Q(assignments__stage=F("stage")) & ~Q(assignments__state=State.RELEASED)
    holding = standing & Q(assignments__state__in=OPEN_STATES)
    counted = QueueItem.objects.annotate(
        standing=Count("assignments", standing), holding=Count("assignments", holding)
    )
    while items := list(counted.filter(pk__gt=after).order_by("pk")[:_AT_ONCE].values(*_COUNTS)):
        for item in items:
            taken, fewest, most = item["taken"], item["holding"], item["standing"]
            # Who had finished a stage that a face came back to isn't counted again.
            if item["state"] != State.COMPLETED and not fewest <= taken <= most:
                yield Finding(
                    "people on queues' faces",
                    f"queueitem:{item['pk']}",
                    f"It counts {taken} people, and {fewest} to {most} have it",
                    "count them again",
                    partial(_count_again, item["pk"]),
                )
        after = items[-1]["pk"]
        yield after


@transaction.atomic
def _count_again(pk: int) -> bool:
    item = QueueItem.objects.select_for_update().get(pk=pk)
    held = Assignment.objects.filter(item=item, stage=item.stage).exclude(state=State.RELEASED)
    taken = held.count()
    QueueItem.objects.filter(pk=pk).update(taken=taken, wanted=max(taken, item.wanted))
    return True


def _champion(after: int) -> Walk:
    due = _coders_of(ModelAlias.objects.filter(name=ModelAlias.Name.CHAMPION))
    shown = set(Coder.objects.filter(is_default=True).values_list("pk", flat=True))
    if due and shown != due:
        yield Finding(
            "the champion",
            "modelalias:champion",
            "Pages compare with another model than the champion",
            "have them compare with the champion",
            _crown_again,
        )
    yield 1


def _coders_of(aliases: Iterable[ModelAlias]) -> set[int]:
    return {alias.version.coder_id for alias in aliases}


@transaction.atomic
def _crown_again() -> bool:
    due = _coders_of(ModelAlias.objects.filter(name=ModelAlias.Name.CHAMPION))
    Coder.objects.filter(is_default=True).exclude(pk__in=due).update(is_default=False)
    Coder.objects.filter(pk__in=due).update(is_default=True)
    return True


def _withdrawn(after: int) -> Walk:
    for subject in known_again():
        yield Finding(
            "those who withdrew",
            f"subject:{subject.pk}",
            "A tombstone knows the code or a picture: what was withdrawn is here again",
            "withdraw it again, by a worker",
            partial(_withdraw_again, subject.pk),
        )
    if unknown := made_under_other_keys():
        yield Finding(
            "those who withdrew",
            "tombstones",
            f"{unknown} tombstones were made under another SECRET_KEY and recognise nobody: name "
            "it in SECRET_KEY_FALLBACKS",
        )


def _withdraw_again(pk: int) -> bool:
    subject = Subject.objects.filter(pk=pk).first()
    if subject is not None:
        queue_withdrawal(subject, None)
    return True


def _snapshots(after: int) -> Walk:
    counted = Snapshot.objects.annotate(found=Count("members"))
    for snapshot in counted.filter(pk__gt=after).order_by("pk"):
        if snapshot.found > snapshot.faces:
            yield Finding(
                "snapshots",
                f"snapshot:{snapshot.pk}",
                f"It was of {snapshot.faces} faces and has {snapshot.found}: somebody added some",
            )
        yield snapshot.pk
