"""The effect of an imported label on a face's ground truth: this one place decides it.

A label becomes the truth of a face that has none, unless somebody else reads the face differently:
then there is something to adjudicate. It takes the place of a truth that the same coder's earlier
label gave, which is a correction. Another coder's label stands beside the truth, and changes it
only where that is asked for; what a person decided is never overruled by a file.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction

from annotations.codings.comparison import says_the_same
from annotations.codings.reading import Reading, reading_of
from annotations.codings.services import Provenance, add_coding, import_coder, make_truth
from annotations.faces.services import lock_face
from annotations.models import Coder, Coding, Face


@dataclass(frozen=True)
class ImportedLabel:
    """One label of a file, and the import coder whose it is."""

    reading: Reading
    coder_name: str
    source: str = ""
    #: Columns of the file that have no place of their own.
    extra: Mapping[str, Any] = field(default_factory=dict)
    #: Another coder of the same file says otherwise: neither becomes a truth.
    is_disputed: bool = False


@dataclass(frozen=True)
class Effect:
    """The effect of one label on one face."""

    #: The coder's own coding that says this already.
    known: Coding | None = None
    becomes_truth: bool = False
    #: Whose truth, which says otherwise, the label takes the place of, or leaves standing.
    replaced: str = ""
    kept: str = ""

    @property
    def changes_anything(self) -> bool:
        return self.known is None or self.becomes_truth


def effect_of(face: Face, label: ImportedLabel, *, replace_truth: bool = False) -> Effect:
    """Return the effect that `label` would have on the face; write nothing.

    Parameters
    ----------
    replace_truth
        The sender asks that the labels replace truths that other imports gave.
    """
    codings = list(
        face.codings.exclude(coder_kind=Coder.Kind.MODEL)
        .filter(is_withdrawn=False)
        .select_related("coder")
        .prefetch_related("scores")
    )  # the latest first
    mine = [coding for coding in codings if _is_of(coding, label)]
    known = mine[0] if mine and _repeats(mine[0], label) else None
    truth = next((coding for coding in codings if coding.is_accepted), None)
    if truth is None:
        others = _latest(coding for coding in codings if not _is_of(coding, label))
        agreed = all(says_the_same(reading_of(coding), label.reading) for coding in others)
        rules = not label.is_disputed and (agreed or replace_truth)
        return Effect(known, becomes_truth=rules and (known is None or replace_truth))
    differs = not says_the_same(reading_of(truth), label.reading)
    whose = truth.coder.name
    if _is_of(truth, label):
        rules = known is None or (replace_truth and differs)
        return Effect(known, becomes_truth=rules, replaced=whose if rules and differs else "")
    if not differs:
        return Effect(known)
    if replace_truth and not label.is_disputed and truth.coder_kind == Coder.Kind.IMPORT:
        return Effect(known, becomes_truth=True, replaced=whose)
    return Effect(known, kept=whose)


@transaction.atomic
def import_coding(face: Face, label: ImportedLabel, *, replace_truth: bool = False) -> Effect:
    """Write an imported label, as the truth of its face where `effect_of` says that it is.

    What this coder already said is not written twice.
    """
    lock_face(face)
    effect = effect_of(face, label, replace_truth=replace_truth)
    if effect.known is None:
        coder = import_coder(label.coder_name)
        provenance = Provenance(label.source, extra=label.extra)
        add_coding(face, coder, label.reading, provenance, is_truth=effect.becomes_truth)
    elif effect.becomes_truth:
        make_truth(effect.known)
    return effect


def _is_of(coding: Coding, label: ImportedLabel) -> bool:
    return coding.coder_kind == Coder.Kind.IMPORT and coding.coder.name == label.coder_name


def _repeats(coding: Coding, label: ImportedLabel) -> bool:
    same = says_the_same(reading_of(coding), label.reading)
    return same and coding.extra == dict(label.extra)


def _latest(codings: Iterable[Coding]) -> list[Coding]:
    """Return each coder's latest coding, of codings of which the latest come first."""
    last: dict[int, Coding] = {}
    for coding in codings:
        last.setdefault(coding.coder_id, coding)
    return list(last.values())
