"""The coder of an import's labels, and the truths that they would change, found before writing."""

from __future__ import annotations

import hashlib
import itertools
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping

from annotations.codings.comparison import says_the_same
from annotations.codings.reading import Reading, Score, reading_of
from annotations.faces.known import face_by_digest
from annotations.formats.rows import LabelledImage
from annotations.models import Coder, Coding, Face
from annotations.transfers.truths import ImportedLabel, effect_of
from facsweb.problems import Problem

Rows = Iterable[LabelledImage]


def reading_in(row: LabelledImage) -> Reading:
    """Return the reading that the row holds. Raises InvalidCoding."""
    return Reading(
        emotion=row.emotion,
        basic_emotion=row.basic_emotion,
        scores={
            au: Score(score.present, score.intensity, side=score.side)
            for au, score in row.action_units.items()
        },
    )


def label_in(row: LabelledImage, coder_name: str = "") -> ImportedLabel:
    """Return the row's label, by `coder_name` where it names nobody. Raises InvalidCoding."""
    return ImportedLabel(
        reading_in(row),
        row.coder or coder_name,
        source=row.source,
        extra=row.extra,
        is_disputed=row.is_disputed,
    )


def coder_for(
    named: str,
    default: str,
    rows: Rows | Callable[[], Rows],
    face_of: Callable[[LabelledImage], Face | None] | None = None,
) -> str:
    """Return the name of the coder whose labels `rows` are.

    The sender may name them (`named`). If not, the labels are those of `default`, unless that coder
    has said otherwise of one of these faces: two files that name no coder need not be by the same
    one. They are then kept as `default (2)`, and so on.

    rows
        They are gone through once for each name that is taken. May be a function that makes them.
    face_of
        Finds the face that is here for a row; by default the one with its picture's content.
    """
    if named:
        return named
    for number in itertools.count(1):
        name = default if number == 1 else f"{default} ({number})"
        coder = Coder.objects.filter(kind=Coder.Kind.IMPORT, name=name).first()
        if coder is None or not _contradicts(
            coder, rows() if callable(rows) else rows, face_of or _by_content
        ):
            return name
    raise AssertionError("names never end")


def truths_at_stake(rows: Rows, coder_name: str, *, replace_truth: bool) -> dict[str, int]:
    """Count, by coder, how many truths the labels would change; nothing is written."""
    changed: Counter[str] = Counter()
    for row, face in _known(rows, _by_content):
        try:
            effect = effect_of(face, label_in(row, coder_name), replace_truth=replace_truth)
        except Problem:  # the import will refuse it
            continue
        if effect.replaced:
            changed[effect.replaced] += 1
    return dict(changed)


def of_whom(truths: Mapping[str, int]) -> str:
    """Say in words how many truths are whose, given coder -> number.

    >>> of_whom({"CK+": 12, "ada": 1})
    '12 truths of “CK+” and 1 of “ada”'
    """
    first, *others = truths.items()
    noun = "truth" if first[1] == 1 else "truths"
    told = [f"{first[1]} {noun} of “{first[0]}”", *(f"{n} of “{name}”" for name, n in others)]
    return " and ".join(filter(None, [", ".join(told[:-1]), told[-1]]))


def named_anew(name: str, default: str) -> str:
    """Explain why labels whose sender named no coder don't go by their usual name."""
    return (
        f"“{default}” has said otherwise of some of these faces, so these labels are kept as those "
        f"of “{name}”. To correct the earlier ones, name the coder “{default}”."
    )


def _contradicts(coder: Coder, rows: Rows, face_of: Callable[[LabelledImage], Face | None]) -> bool:
    for row, face in _known((row for row in rows if not row.coder), face_of):
        said = Coding.objects.filter(face=face, coder=coder, is_withdrawn=False)
        earlier = said.prefetch_related("scores").first()
        try:
            if earlier and not says_the_same(reading_of(earlier), reading_in(row)):
                return True
        except Problem:
            continue
    return False


def _known(
    rows: Rows, face_of: Callable[[LabelledImage], Face | None]
) -> Iterator[tuple[LabelledImage, Face]]:
    """Yield labelled rows of pictures that are faces here already, with these faces."""
    for row in rows:
        face = face_of(row) if row.is_labelled else None
        if face is not None:
            yield row, face


def _by_content(row: LabelledImage) -> Face | None:
    try:
        with row.path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:  # the import will refuse it
        return None
    return face_by_digest(digest)
