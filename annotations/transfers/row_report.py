"""The outcome of an import, counted row by row."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from annotations.formats.personal import Suspects
from annotations.formats.rows import LabelledImage, RowError
from annotations.transfers.truths import Effect


@dataclass(frozen=True)
class ImportReport:
    """Counts of what an import wrote; in a dry run, of what it would have written."""

    faces_created: int = 0
    codings_created: int = 0
    neutral_created: int = 0
    unchanged: int = 0
    skipped: int = 0
    #: Coder -> their truths that these labels replace, and that stand although these say otherwise.
    truths_changed: Mapping[str, int] = field(default_factory=dict)
    truths_kept: Mapping[str, int] = field(default_factory=dict)
    #: Faces on which coders of this source differ, and which got no truth.
    disputed: int = 0
    errors: tuple[RowError, ...] = ()
    notes: tuple[str, ...] = ()
    #: What subjects' codes and files' names may tell of people, in sentences.
    personal: tuple[str, ...] = ()


@dataclass(frozen=True)
class Outcome:
    """The outcome of one row; `effect` is None for a picture without a label."""

    sha256: str
    face_created: bool
    effect: Effect | None = None


class Counts:
    """Counts of the outcomes of rows: add every row's, then ask for the report."""

    def __init__(self) -> None:
        self._rows: Counter[str] = Counter()
        self._changed: Counter[str] = Counter()
        self._kept: Counter[str] = Counter()
        self._new: set[bytes] = set()  # a dry run meets a face again that it hasn't written
        self._disputed: set[bytes] = set()
        self._suspects = Suspects()
        self.neutral: set[tuple[str, str]] = set()  # a sequence with two peaks still has but one

    def add(self, row: LabelledImage, outcome: Outcome) -> None:
        digest, effect = bytes.fromhex(outcome.sha256), outcome.effect
        self._suspects.look_at(row.subject, row.path.name)
        if outcome.face_created:
            self._new.add(digest)
        is_coded = effect is not None and effect.known is None
        changes = effect is not None and effect.changes_anything
        self._rows["codings_created"] += is_coded
        self._rows["unchanged"] += not (changes or outcome.face_created)
        if effect is not None and effect.replaced:
            self._changed[effect.replaced] += 1
        if effect is not None and effect.kept:
            self._kept[effect.kept] += 1
        if row.is_disputed:
            self._disputed.add(digest)

    def report(self) -> ImportReport:
        return ImportReport(
            faces_created=len(self._new),
            codings_created=self._rows["codings_created"],
            neutral_created=len(self.neutral),
            unchanged=self._rows["unchanged"],
            truths_changed=dict(self._changed),
            truths_kept=dict(self._kept),
            disputed=len(self._disputed),
            personal=tuple(self._suspects.sentences()),
        )
