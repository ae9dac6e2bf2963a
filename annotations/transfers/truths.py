"""What an imported label does to a face's ground truth: the one place that decides it.

A label becomes the truth of a face that has none, unless somebody else reads the face differently:
then there is something to adjudicate. It takes the place of a truth that the same coder's earlier
label gave, which is a correction. Another coder's label stands beside the truth, and changes it
only where that is asked for; what a person decided is never overruled by a file.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.db import transaction

from annotations.codings.reading import Reading, reading_of
from annotations.codings.services import add_coding, make_truth
from annotations.faces.services import lock_face
from annotations.models import Coder, Coding, Face


@dataclass(frozen=True)
class Effect:
    """Of one label on one face."""

    #: The coder's own coding that says this already.
    known: Coding | None = None
    becomes_truth: bool = False
    #: Whose truth, which says otherwise, the label takes the place of, or leaves standing.
    replaced: str = ""
    kept: str = ""

    @property
    def changes_anything(self) -> bool:
        return self.known is None or self.becomes_truth


def effect_of(
    face: Face,
    reading: Reading,
    *,
    coder_name: str,
    extra: Mapping[str, Any] | None = None,
    is_disputed: bool = False,
    replace_truth: bool = False,
) -> Effect:
    """What the label `reading` by the import coder `coder_name` will do; nothing is written.

    is_disputed
        Another coder of the same source says otherwise: neither becomes a truth.
    replace_truth
        Whoever sends the labels asks that they replace truths that other imports gave.
    """
    codings = list(
        face.codings.exclude(coder_kind=Coder.Kind.MODEL)
        .filter(is_withdrawn=False)
        .select_related("coder")
        .prefetch_related("scores")
    )  # the latest first
    mine = [coding for coding in codings if _is_of(coding, coder_name)]
    known = mine[0] if mine and _says(mine[0], reading, extra) else None
    truth = next((coding for coding in codings if coding.is_accepted), None)
    if truth is None:
        others = _latest(coding for coding in codings if not _is_of(coding, coder_name))
        agreed = all(reading_of(coding) == reading for coding in others)
        rules = not is_disputed and (agreed or replace_truth)
        return Effect(known, becomes_truth=rules and (known is None or replace_truth))
    differs = reading_of(truth) != reading
    whose = truth.coder.name
    if _is_of(truth, coder_name):
        rules = known is None or (replace_truth and differs)
        return Effect(known, becomes_truth=rules, replaced=whose if rules and differs else "")
    if not differs:
        return Effect(known)
    if replace_truth and not is_disputed and truth.coder_kind == Coder.Kind.IMPORT:
        return Effect(known, becomes_truth=True, replaced=whose)
    return Effect(known, kept=whose)


@transaction.atomic
def import_coding(
    face: Face,
    reading: Reading,
    *,
    coder: Coder,
    source: str,
    extra: Mapping[str, Any] | None = None,
    is_disputed: bool = False,
    replace_truth: bool = False,
) -> Effect:
    """Write an imported label, as the truth of its face where `effect_of` says that it is.

    What this coder already said is not written twice.
    """
    lock_face(face)
    effect = effect_of(
        face,
        reading,
        coder_name=coder.name,
        extra=extra,
        is_disputed=is_disputed,
        replace_truth=replace_truth,
    )
    if effect.known is None:
        is_truth = effect.becomes_truth
        add_coding(face, coder, reading, source=source, extra=extra, is_truth=is_truth)
    elif effect.becomes_truth:
        make_truth(effect.known)
    return effect


def _is_of(coding: Coding, coder_name: str) -> bool:
    return coding.coder_kind == Coder.Kind.IMPORT and coding.coder.name == coder_name


def _says(coding: Coding, reading: Reading, extra: Mapping[str, Any] | None) -> bool:
    return reading_of(coding) == reading and coding.extra == dict(extra or {})


def _latest(codings: Iterable[Coding]) -> list[Coding]:
    """Each coder's last word, of codings of which the latest come first."""
    last: dict[int, Coding] = {}
    for coding in codings:
        last.setdefault(coding.coder_id, coding)
    return list(last.values())
