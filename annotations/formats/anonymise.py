"""Records that say what was seen, but not on whom.

Names are replaced by numbers in an order that tells nothing, demographic tags are coarsened until
each combination is shared by at least five subjects (k-anonymity; Sweeney 2002, Int. J. Uncertainty
Fuzziness Knowledge-Based Syst. 10:557), and free text, dates and file digests are left out.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import replace

from annotations.formats.records import (
    CoderRecord,
    CodingRecord,
    FaceRecord,
    NeutralRecord,
    ReviewRecord,
    SubjectRecord,
)

K = 5
_AGE = re.compile(r"\d{1,3}")
#: From fine to coarse: which tags a subject keeps. The first level that hides them is theirs.
_LEVELS: tuple[tuple[str, ...], ...] = (
    ("gender", "age_group", "ethnicity"),
    ("gender", "age_group"),
    ("gender",),
    (),
)


class Anonymiser:
    """Nameless records made from those of an export, the same name always as the same number.

    Parameters
    ----------
    key
        Random and thrown away afterwards: without it no number leads back to a name.
    subjects
        All of the export's, so that rare combinations are known.
    """

    def __init__(self, key: bytes, subjects: Iterable[SubjectRecord]) -> None:
        self._key = key
        known = list(subjects)
        shuffled = sorted((record.code for record in known), key=self._token)
        self._subjects = {code: f"P{number:04d}" for number, code in enumerate(shuffled, start=1)}
        self._tags = _coarsened(known)
        self._sequences: dict[str, dict[str, str]] = {}
        self._coders: dict[str, dict[str, str]] = {}
        self._faces: dict[str, str] = {}

    def subject(self, record: SubjectRecord) -> SubjectRecord:
        """Give a subject a number for a code, and coarse tags or none.

        Parameters
        ----------
        record
            One of the subjects that the anonymiser was made with.

        Returns
        -------
        SubjectRecord
            Code P0001, P0002 and so on.

        Raises
        ------
        KeyError
            The subject was not among them.
        """
        gender, age_group, ethnicity = self._tags[record.code]
        return SubjectRecord(self._subjects[record.code], gender, age_group, ethnicity)

    def coder(self, record: CoderRecord) -> CoderRecord:
        """Replace a coder's name as `coder_name` does."""
        return replace(record, name=self.coder_name(record.kind, record.name))

    def coder_name(self, kind: str, name: str) -> str:
        """Return the name under which a coder leaves: a number.

        Imports and models are called as somebody chose, which may tell a person, a place or a
        study; a model's name of ours is the beginning of its digest, and leads back to the house.

        Parameters
        ----------
        kind
            human, model or import.
        name
            The coder's name here.

        Returns
        -------
        str
            `person 1`, `model 1`, `import 1` and so on, each kind counted by itself.
        """
        known = self._coders.setdefault(kind, {})
        noun = "person" if kind == "human" else kind
        return known.setdefault(name, f"{noun} {len(known) + 1}")

    def face(self, record: FaceRecord, new_sha256: str) -> FaceRecord:
        """Strip a face of what leads back to its source.

        The frame's number goes too: sequence and length identify people of public data sets.

        Parameters
        ----------
        record
            The face. Its codings and reviews can be anonymised afterwards.
        new_sha256
            Digest of the picture as it leaves; the old one would lead back to the source.

        Returns
        -------
        FaceRecord
            A PNG, of frame 2 if it had a frame; without uploader, date and file name.
        """
        self._faces[record.sha256] = new_sha256
        return replace(
            record,
            sha256=new_sha256,
            subject=self._subjects[record.subject],
            sequence=self._sequence(record.subject, record.sequence),
            frame=None if record.frame is None else 2,
            extension="png",
            uploaded_by="",
            created_at="",
            source_name="",
        )

    def neutral(self, record: NeutralRecord, new_sha256: str) -> NeutralRecord:
        """Strip a neutral frame of what leads back to its source.

        Parameters
        ----------
        record
            The neutral frame.
        new_sha256
            Digest of the picture as it leaves.

        Returns
        -------
        NeutralRecord
            A PNG, of frame 1.
        """
        return replace(
            record,
            sha256=new_sha256,
            subject=self._subjects[record.subject],
            sequence=self._sequence(record.subject, record.sequence),
            frame=1,
            extension="png",
        )

    def coding(self, record: CodingRecord) -> CodingRecord:
        """Strip a coding of its coder's name, source, unknown columns and date.

        Parameters
        ----------
        record
            A coding of a face that went through `face` before.

        Raises
        ------
        KeyError
            Its face did not.
        """
        return replace(
            record,
            face=self._faces[record.face],
            coder=self.coder_name(record.coder_kind, record.coder),
            source="",
            extra={},
            created_at="",
        )

    def review(self, record: ReviewRecord) -> ReviewRecord:
        """Strip a review of its reviewer's name, origin, comment and date.

        Parameters
        ----------
        record
            A review of a face that went through `face` before.

        Raises
        ------
        KeyError
            Its face did not.
        """
        return replace(
            record,
            face=self._faces[record.face],
            reviewer=self.coder_name("human", record.reviewer),
            origin="",
            comment="",
            created_at="",
        )

    def _sequence(self, subject: str, sequence: str) -> str:
        if not sequence:
            return ""
        known = self._sequences.setdefault(subject, {})
        return known.setdefault(sequence, f"{len(known) + 1:03d}")

    def _token(self, name: str) -> bytes:
        return hmac.new(self._key, name.encode(), hashlib.sha256).digest()


def coarse_age(text: str) -> str:
    """Round an age or a range of ages to its decade; blank for what is neither.

    A range counts as its middle.

    Parameters
    ----------
    text
        Years in any wording.

    Examples
    --------
    >>> coarse_age("23"), coarse_age("18-24"), coarse_age("50 to 54"), coarse_age("grown up")
    ('20-29', '20-29', '50-59', '')
    """
    numbers = [int(number) for number in _AGE.findall(text)]
    if not numbers or max(numbers) > 120:
        return ""
    decade = int(sum(numbers) / len(numbers)) // 10 * 10
    return f"{decade}-{decade + 9}"


def _coarsened(subjects: list[SubjectRecord]) -> dict[str, tuple[str, str, str]]:
    """Map codes to tags: those of which at least K subjects have just the same, or none."""
    rough = {
        record.code: {
            "gender": record.gender,
            "age_group": coarse_age(record.age_group),
            "ethnicity": record.ethnicity,
        }
        for record in subjects
    }
    left = set(rough)
    tags: dict[str, tuple[str, str, str]] = {}
    for level in _LEVELS:
        shown = {
            code: tuple(
                rough[code][name] if name in level else ""
                for name in ("gender", "age_group", "ethnicity")
            )
            for code in left
        }
        counts = Counter(shown.values())
        for code, values in shown.items():
            if counts[values] >= K or not level:
                gender, age_group, ethnicity = values
                tags[code] = (gender, age_group, ethnicity)
        left -= tags.keys()
    return tags
