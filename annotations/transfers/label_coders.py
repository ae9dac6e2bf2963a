"""Whose labels an import brings, and whose truths they are about, before anything is written."""

from __future__ import annotations

import hashlib
import itertools
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping

from annotations.codings.reading import Reading, Score, reading_of
from annotations.formats.rows import LabelledImage
from annotations.models import Coder, Coding, Face
from annotations.transfers.truths import effect_of
from facsweb.problems import Problem

Rows = Iterable[LabelledImage]


def reading_in(row: LabelledImage) -> Reading:
    """What the row says. Raises InvalidCoding."""
    return Reading(
        emotion=row.emotion,
        basic_emotion=row.basic_emotion,
        scores={
            au: Score(score.present, score.intensity, side=score.side)
            for au, score in row.action_units.items()
        },
    )


def coder_for(
    named: str,
    default: str,
    rows: Rows | Callable[[], Rows],
    face_of: Callable[[LabelledImage], Face | None] | None = None,
) -> str:
    """The name of the coder whose labels `rows` are.

    Whoever sends them may say it. If not, they are those of `default`; but not where that coder
    has said otherwise of one of these faces: two files of which nobody says whose they are need
    not be one coder's. They are then kept as `default (2)`, and so on.

    rows
        To be gone through once for each name that is taken; or what makes them.
    face_of
        The face that is here of a row; by default that of its picture's content.
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
    """Coder -> how many of their truths the labels would change; nothing is written."""
    changed: Counter[str] = Counter()
    for row, face in _known(rows, _by_content):
        try:
            effect = effect_of(
                face,
                reading_in(row),
                coder_name=row.coder or coder_name,
                extra=row.extra,
                is_disputed=row.is_disputed,
                replace_truth=replace_truth,
            )
        except Problem:  # the import will refuse it
            continue
        if effect.replaced:
            changed[effect.replaced] += 1
    return dict(changed)


def of_whom(truths: Mapping[str, int]) -> str:
    """Coder -> truths, in words.

    >>> of_whom({"CK+": 12, "ada": 1})
    '12 truths of “CK+” and 1 of “ada”'
    """
    first, *others = truths.items()
    noun = "truth" if first[1] == 1 else "truths"
    told = [f"{first[1]} {noun} of “{first[0]}”", *(f"{n} of “{name}”" for name, n in others)]
    return " and ".join(filter(None, [", ".join(told[:-1]), told[-1]]))


def named_anew(name: str, default: str) -> str:
    """Why labels of which nobody said whose they are don't go by their usual name, in words."""
    return (
        f"“{default}” has said otherwise of some of these faces, so these labels are kept as those "
        f"of “{name}”. To correct the earlier ones, name the coder “{default}”."
    )


def _contradicts(coder: Coder, rows: Rows, face_of: Callable[[LabelledImage], Face | None]) -> bool:
    for row, face in _known((row for row in rows if not row.coder), face_of):
        said = Coding.objects.filter(face=face, coder=coder, is_withdrawn=False)
        earlier = said.prefetch_related("scores").first()
        try:
            if earlier is not None and reading_of(earlier) != reading_in(row):
                return True
        except Problem:
            continue
    return False


def _known(
    rows: Rows, face_of: Callable[[LabelledImage], Face | None]
) -> Iterator[tuple[LabelledImage, Face]]:
    """Labelled rows of pictures that are faces here already."""
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
    return Face.objects.filter(sha256=digest).first()
