"""CK+ as its authors distribute it: one tree of images, one of FACS codes, one of emotions.

Lucey et al. (2010), "The Extended Cohn-Kanade Dataset (CK+)". The label files of a sequence carry
the name of its peak frame. Sequences run from neutral to peak, so only peak frames are read, and
the first frame of each as what to compare the peak with.
"""

from __future__ import annotations

import filecmp
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from annotations import facs
from annotations.formats.readers.ckplus_files import parse_emotion, parse_facs
from annotations.formats.readers.demographics import read_subjects
from annotations.formats.readers.duplicates import settle
from annotations.formats.readers.layout import (
    BOTH_LAYOUTS,
    IMAGES_FOLDER,
    LABEL_SUFFIXES,
    ckplus_pictures,
    detect_layout,
    look_into,
)
from annotations.formats.readers.paths import FRAME_NAME
from annotations.formats.readers.pictures import picture
from annotations.formats.rows import (
    LabelledImage,
    Parsed,
    ParsedScore,
    Refused,
    RowError,
    UnreadableSource,
)


@dataclass
class _Peak:
    """The content of one frame's label files; `file` is the one that names the coding's source."""

    file: str = ""
    action_units: dict[int, ParsedScore] = field(default_factory=dict)
    emotion: str = ""
    texts: dict[str, tuple[str, str]] = field(default_factory=dict)
    #: Its name or two files that disagree forbid to believe any of it.
    is_bad: bool = False

    @property
    def says_nothing(self) -> bool:
        return self.is_bad or not (self.action_units or self.emotion)


def read_ckplus(root: Path, *, unlabelled: bool = False) -> Parsed:
    """Read the labelled peak frames below `root`, wherever below it they and their labels lie.

    A sequence with neither FACS nor emotion file counts as skipped; a missing emotion file means
    that there is no label, not that the face is neutral.

    Parameters
    ----------
    root
        The data set's folder.
    unlabelled
        Every other picture comes too, but for what a labelled sequence begins with, which is kept
        as its neutral frame.

    Returns
    -------
    Parsed
        Labelled images first, each with its sequence's neutral frame if there is one.

    Raises
    ------
    UnreadableSource
        `root` has not CK+'s layout.
    """
    if detect_layout(root) != "ckplus":  # says what is missing, unless it is the other layout
        raise UnreadableSource(f"It has not CK+'s layout. {BOTH_LAYOUTS}")
    found = look_into(root)
    images, errors = _by_stem(ckplus_pictures(found, root), root)
    peaks, label_errors = _read_labels(root, found.labels)
    errors += label_errors
    subjects, subject_errors = read_subjects(root)
    neutral = _neutral_frames(images, peaks)
    rows: list[LabelledImage] = []
    for stem, peak in peaks.items():
        if peak.says_nothing:
            continue
        if stem not in images:
            expected = f"{IMAGES_FOLDER}/{stem[:4]}/{stem[5:8]}/{stem}.png"
            message = f"Label without image: there is no {expected}."
            errors.append(RowError(peak.file, None, "image", message))
            continue
        rows.append(_row(stem, peak, images[stem], neutral.get(_sequence(stem)), subjects))
    agreed, disagreeing = settle(rows)
    rest: list[LabelledImage] = []
    if unlabelled:
        taken = {images[stem] for stem in peaks if stem in images}
        taken |= {neutral[name] for name in _sequences(peaks) if name in neutral}
        rest = [picture(path, root) for path in images.values() if path not in taken]
    skipped = 0 if unlabelled else len(_sequences(images) - _sequences(peaks))
    return Parsed((*agreed, *rest), (*errors, *disagreeing, *subject_errors), skipped)


def _by_stem(paths: Iterable[Path], root: Path) -> tuple[dict[str, Path], list[RowError]]:
    """Collect pictures by their names in CK+'s spelling, of which two that differ can't have one.

    What is not named as in CK+ goes by its path.
    """
    images: dict[str, Path] = {}
    errors = []
    for path in paths:
        stem = path.stem.upper()
        if not FRAME_NAME.match(stem):
            stem = path.relative_to(root).as_posix()
        known = images.setdefault(stem, path)
        if known != path and not filecmp.cmp(known, path, shallow=False):
            name, other = (each.relative_to(root).as_posix() for each in (path, known))
            message = f"Another picture has this name: {other}, which is read in its place."
            errors.append(RowError(name, None, "image", message))
    return images, errors


def _sequence(stem: str) -> str:
    return stem.rpartition("_")[0]


def _sequences(stems: Iterable[str]) -> set[str]:
    return {_sequence(stem) for stem in stems if FRAME_NAME.match(stem)}


def _neutral_frames(images: dict[str, Path], peaks: dict[str, _Peak]) -> dict[str, Path]:
    """Find each sequence's first frame, unless labels of its own say that it is a peak itself."""
    frames = sorted((stem for stem in images if FRAME_NAME.match(stem)), reverse=True)
    first = {_sequence(stem): stem for stem in frames}
    return {sequence: images[stem] for sequence, stem in first.items() if stem not in peaks}


def _row(
    stem: str,
    peak: _Peak,
    image: Path,
    neutral: Path | None,
    subjects: dict[str, dict[str, str]],
) -> LabelledImage:
    subject, sequence, frame = stem.split("_")
    return LabelledImage(
        path=image,
        subject=subject,
        file=peak.file,
        sequence=sequence,
        frame=int(frame),
        emotion=facs.HIGH_LEVEL.get(peak.emotion, ""),
        basic_emotion=peak.emotion,
        action_units=peak.action_units,
        demographics=subjects.get(subject, {}),
        neutral=neutral,
    )


def _read_labels(
    root: Path, labels: Iterable[tuple[str, Path]]
) -> tuple[dict[str, _Peak], list[RowError]]:
    """Read every label file, by the frame it names. A fault of one is no fault of the others."""
    peaks: dict[str, _Peak] = {}
    errors: list[RowError] = []
    for kind, path in labels:
        name = path.relative_to(root).as_posix()
        stem = path.name[: -len(LABEL_SUFFIXES[kind])].upper()
        peak = peaks.setdefault(stem, _Peak(name))
        bad = _read_file(path, name, kind, peak)
        if not bad and not FRAME_NAME.match(stem):
            bad = [Refused(kind, "Not named as in CK+: S005_001_00000011_....txt.")]
            peak.is_bad = True
        errors += [RowError(name, each.line, each.field, each.message) for each in bad]
    return peaks, errors


def _read_file(path: Path, name: str, kind: str, peak: _Peak) -> list[Refused]:
    """Add what `path` says to `peak`, and return what is wrong with it."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return [Refused(kind, "The file cannot be read as text.")]
    other, said = peak.texts.setdefault(kind, (name, text))
    if said.split() != text.split():
        peak.is_bad = True
        return [Refused("labels", f"The same image has other labels in {other}.")]
    if kind == "facs":
        peak.action_units, errors = parse_facs(text)
        return errors
    try:
        peak.emotion = parse_emotion(text)
    except Refused as refused:
        return [refused]
    return []
