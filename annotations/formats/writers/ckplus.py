"""A tree like CK+'s own, as a zip: what readers/ckplus.py and tools for CK+ read.

Lucey et al. (2010), "The Extended Cohn-Kanade Dataset (CK+)": pictures, FACS codes and emotions in
a tree each, by subject and sequence.
"""

from __future__ import annotations

import csv
import io
import zipfile
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from annotations import facs
from annotations.formats.readers.demographics import COLUMNS, SUBJECTS_FILE
from annotations.formats.readers.layout import IMAGES_FOLDER
from annotations.formats.readers.paths import FRAME_NAME
from annotations.formats.records import (
    CodingRecord,
    FaceRecord,
    LabelledFace,
    NeutralRecord,
    SubjectRecord,
)
from facsweb.rest.cells import defuse

RENAMED_FILE = "renamed.csv"
_MOST = 999
_GRADES = list(facs.INTENSITIES)
#: CK+'s emotion for a class that has only one.
_ONLY = {
    high: [name for name in facs.CKPLUS_EMOTIONS if facs.HIGH_LEVEL.get(name) == high]
    for high in facs.EMOTIONS
}


class NoRoom(ValueError):
    """More subjects or sequences than CK+'s three digits can name."""


@dataclass
class Written:
    """Counts of what was written, and of what CK+ has no place for."""

    faces: int = 0
    renamed: int = 0
    #: CK+ has no number for "negative" as such.
    emotions_left_out: int = 0


class Names:
    """Names in CK+'s style for subjects and sequences that have others, the same each time.

    Parameters
    ----------
    taken
        (subject, sequence) of everything that is to be named.

    Raises
    ------
    NoRoom
        There are more than 999 subjects, or 999 sequences of one.

    Examples
    --------
    >>> names = Names([("S005", "001"), ("anna", "smile")])
    >>> names.of("S005", "001", 11), names.of("anna", "smile", None)
    ('S005_001_00000011', 'S001_001_00000002')
    """

    def __init__(self, taken: Iterable[tuple[str, str]]) -> None:
        self._subjects: dict[str, str] = {}
        self._sequences: dict[tuple[str, str], str] = {}
        self._used: dict[str, set[str]] = defaultdict(set)
        pairs = set(taken)
        fitting = {subject for subject, _ in pairs if _fits(subject, "001")}
        numbers = iter(f"S{n:03d}" for n in range(1, _MOST + 1) if f"S{n:03d}" not in fitting)
        for subject in sorted({subject for subject, _ in pairs}):
            self._subjects[subject] = subject if subject in fitting else _next(numbers, "subjects")
        for subject, sequence in sorted(pairs):
            if _fits("S001", sequence):
                self._sequences[subject, sequence] = sequence
                self._used[subject].add(sequence)
        for subject, sequence in sorted(pairs):
            if sequence and (subject, sequence) not in self._sequences:
                self._sequences[subject, sequence] = self._fresh(subject)

    def of(self, subject: str, sequence: str, frame: int | None) -> str:
        """Return the name of a picture's files, such as `S005_001_00000011`.

        A face without a sequence gets one of its own, a new one at each call.

        Parameters
        ----------
        subject, sequence
            One of the pairs that the names were made of.
        frame
            Number within the sequence; None becomes 2, the first after the neutral frame.

        Raises
        ------
        NoRoom
            The subject has 999 sequences already.
        """
        known = self._sequences.get((subject, sequence)) or self._fresh(subject)
        return f"{self._subjects[subject]}_{known}_{2 if frame is None else frame:08d}"

    def subject(self, code: str) -> str | None:
        """Return a subject's code in CK+; None where the subject was not to be named."""
        return self._subjects.get(code)

    def _fresh(self, subject: str) -> str:
        used = self._used[subject]
        free = (f"{n:03d}" for n in range(1, _MOST + 1) if f"{n:03d}" not in used)
        number = _next(free, f"sequences of {subject}")
        used.add(number)
        return number


def write_ckplus(
    path: Path,
    faces: Iterable[LabelledFace],
    neutral: Iterable[tuple[NeutralRecord, bytes]],
    subjects: Iterable[SubjectRecord],
    names: Names,
) -> Written:
    """Write the labelled faces and their sequences' neutral frames as one zip.

    Parameters
    ----------
    path
        The zip to write; an older one is overwritten.
    faces
        Those without a truth or without a picture are left out.
    neutral
        Neutral frames, each with its file's bytes.
    subjects
        Demographic tags for `subjects.csv`; subjects without a name in `names` are left out.
    names
        Made of all the faces and neutral frames.

    Returns
    -------
    Written
        How many faces there are, how many were renamed (`renamed.csv` says how), and how many
        emotions CK+ has no number for.

    Raises
    ------
    NoRoom
        There are more than 999 subjects, or 999 sequences of one.
    """
    written = Written()
    renamed: list[tuple[str, str]] = []
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, allowZip64=True) as archive:
        for labelled in faces:
            if labelled.truth is None or labelled.image is None:
                continue
            stem = _stem(labelled.face, names)
            folder = "/".join(stem.split("_")[:2])
            image = f"{IMAGES_FOLDER}/{folder}/{stem}.{labelled.face.extension}"
            archive.writestr(image, labelled.image(), zipfile.ZIP_STORED)
            _write_labels(archive, folder, stem, labelled.truth, written)
            written.faces += 1
            if stem != _own_stem(labelled.face):
                renamed.append((stem, _own_stem(labelled.face)))
        for record, data in neutral:
            stem = names.of(record.subject, record.sequence, record.frame)
            folder = "/".join(stem.split("_")[:2])
            archive.writestr(f"{IMAGES_FOLDER}/{folder}/{stem}.{record.extension}", data)
        archive.writestr(SUBJECTS_FILE, _subjects_csv(subjects, names))
        if renamed:
            archive.writestr(RENAMED_FILE, _csv([("ckplus_name", "our_name"), *renamed]))
    written.renamed = len(renamed)
    return written


def _write_labels(
    archive: zipfile.ZipFile, folder: str, stem: str, truth: CodingRecord, written: Written
) -> None:
    rows = [
        f"   {score.au:.7e}   {_GRADES.index(score.intensity) + 1 if score.intensity else 0:.7e}\n"
        for score in truth.scores
        if score.present
    ]
    if rows:
        archive.writestr(f"FACS/{folder}/{stem}_facs.txt", "".join(rows))
    name = truth.basic_emotion
    only = _ONLY.get(truth.emotion, [])
    if not name and len(only) == 1:
        name = only[0]
    if name:
        number = facs.CKPLUS_EMOTIONS.index(name)
        archive.writestr(f"Emotion/{folder}/{stem}_emotion.txt", f"   {number:.7e}\n")
    elif truth.emotion:
        written.emotions_left_out += 1


def _stem(face: FaceRecord, names: Names) -> str:
    return names.of(face.subject, face.sequence, face.frame)


def _own_stem(face: FaceRecord) -> str:
    frame = "" if face.frame is None else f"{face.frame:08d}"
    return "_".join(part for part in (face.subject, face.sequence, frame) if part)


def _subjects_csv(subjects: Iterable[SubjectRecord], names: Names) -> str:
    rows = [("code", *COLUMNS)]
    for record in subjects:
        code = names.subject(record.code)
        if code:
            rows.append((code, record.gender, record.age_group, record.ethnicity))
    return _csv(rows)


def _csv(rows: Iterable[tuple[str, ...]]) -> str:
    text = io.StringIO(newline="")
    csv.writer(text).writerows([defuse(cell) for cell in row] for row in rows)
    return text.getvalue()


def _fits(subject: str, sequence: str) -> bool:
    return FRAME_NAME.match(f"{subject}_{sequence}_00000001") is not None


def _next(numbers: Iterator[str], what: str) -> str:
    try:
        return next(numbers)
    except StopIteration:
        raise NoRoom(f"CK+ names have room for {_MOST} {what}. Choose another format.") from None
