"""CK+ as its authors distribute it: one tree of images, one of FACS codes, one of emotions.

Lucey et al. (2010), "The Extended Cohn-Kanade Dataset (CK+)". The label files of a sequence carry
the name of its peak frame. Sequences run from neutral to peak, so only peak frames are read, and
the first frame of each as what to compare the peak with.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from annotations import facs
from annotations.importers.ckplus_files import parse_emotion, parse_facs
from annotations.importers.demographics import read_subjects
from annotations.importers.duplicates import settle
from annotations.importers.layouts import (
    BOTH_LAYOUTS,
    EMOTION_FOLDERS,
    FACS_FOLDERS,
    IMAGES_FOLDER,
    folders,
)
from annotations.importers.paths import FRAME_NAME, files_below, images_below
from annotations.importers.rows import (
    LabelledImage,
    Parsed,
    ParsedScore,
    Refused,
    RowError,
    UnreadableSource,
)


@dataclass
class _Peak:
    """What the label files say of one frame; `file` is the one that names the coding's source."""

    file: str = ""
    action_units: dict[int, ParsedScore] = field(default_factory=dict)
    emotion: str = ""
    texts: dict[str, tuple[str, str]] = field(default_factory=dict)
    is_bad: bool = False


def read_ckplus(root: Path) -> Parsed:
    """Read the labelled peak frames below `root`.

    A sequence with neither FACS nor emotion file counts as skipped; a missing emotion file means
    that there is no label, not that the face is neutral.

    Raises
    ------
    UnreadableSource
        `root` has not CK+'s layout.
    """
    labels = folders(root, FACS_FOLDERS + EMOTION_FOLDERS)
    if not (root / IMAGES_FOLDER).is_dir() or not labels:
        raise UnreadableSource(f"{root} has not CK+'s layout. {BOTH_LAYOUTS}")
    images = {path.stem: path for path in images_below(root / IMAGES_FOLDER)}
    peaks, errors = _read_labels(root, labels)
    subjects, subject_errors = read_subjects(root)
    neutral = _neutral_frames(images, peaks)
    rows: list[LabelledImage] = []
    for stem, peak in peaks.items():
        if peak.is_bad:
            continue
        if stem not in images:
            expected = f"{IMAGES_FOLDER}/{stem[:4]}/{stem[5:8]}/{stem}.png"
            message = f"Label without image: there is no {expected}."
            errors.append(RowError(peak.file, None, "image", message))
            continue
        rows.append(_row(stem, peak, images[stem], neutral.get(_sequence(stem)), subjects))
    agreed, disagreeing = settle(rows)
    return Parsed(
        rows=tuple(agreed),
        errors=(*errors, *disagreeing, *subject_errors),
        skipped=len(_sequences(images) - _sequences(peaks)),
    )


def _sequence(stem: str) -> str:
    return stem.rpartition("_")[0]


def _sequences(stems: Iterable[str]) -> set[str]:
    return {_sequence(stem) for stem in stems if FRAME_NAME.match(stem)}


def _neutral_frames(images: dict[str, Path], peaks: dict[str, _Peak]) -> dict[str, Path]:
    """Each sequence's first frame, unless labels of its own say that it is a peak itself."""
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


def _read_labels(root: Path, labels: list[Path]) -> tuple[dict[str, _Peak], list[RowError]]:
    """Every label file, by the frame it names; the FACS folders come first."""
    peaks: dict[str, _Peak] = {}
    errors: list[RowError] = []
    for folder in labels:
        for path in files_below(folder):
            for kind in ("facs", "emotion"):
                if path.name.endswith(f"_{kind}.txt"):
                    name = path.relative_to(root).as_posix()
                    stem = path.name.removesuffix(f"_{kind}.txt")
                    peak = peaks.get(stem) or _Peak(name)
                    bad = _read_file(path, name, kind, peak)
                    if not bad and not FRAME_NAME.match(stem):
                        bad = [Refused(kind, "Not named as in CK+: S005_001_00000011_....txt.")]
                    peak.is_bad = peak.is_bad or bool(bad)
                    peaks[stem] = peak
                    errors += [RowError(name, each.line, each.field, each.message) for each in bad]
    return peaks, errors


def _read_file(path: Path, name: str, kind: str, peak: _Peak) -> list[Refused]:
    """Add what `path` says to `peak`; answers what is wrong with it."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return [Refused(kind, "The file cannot be read as text.")]
    other, said = peak.texts.setdefault(kind, (name, text))
    if said.split() != text.split():
        return [Refused("labels", f"The same image has other labels in {other}.")]
    if kind == "facs":
        peak.action_units, errors = parse_facs(text)
        return errors
    try:
        peak.emotion = parse_emotion(text)
    except Refused as refused:
        return [refused]
    return []
