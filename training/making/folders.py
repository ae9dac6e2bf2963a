"""Labelled faces read from a folder or a CSV, without the database."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path

from annotations import facs
from annotations.facs.reference_kind import (
    FEWEST_FOR_MEDIAN,
    MOST_FOR_MEDIAN,
    ReferenceKind,
)
from annotations.formats.readers import (
    LabelledImage,
    UnreadableSource,
    detect_layout,
    look_into,
    read_ckplus,
    read_labels,
    table_of,
)
from annotations.synthetic.manifest import manifest_path
from inference.ml.references import Picture, Reference
from training.ml.dataset import Sample


def read_samples(data: Path, root: Path | None, on_error: Callable[[str], object]) -> list[Sample]:
    """Read labelled faces from CK+ as distributed, a folder with data_labels.csv, or such a file.

    A face that several coders label counts once, and not at all where they differ. Raises
    UnreadableSource where no face is labelled; rows that cannot be read go to `on_error`.
    """
    if data.is_file():
        parsed = read_labels(data, root)
    elif detect_layout(data) == "ckplus":
        parsed = read_ckplus(data)
    else:
        parsed = read_labels(table_of(look_into(data), data), root)
    for error in parsed.errors:
        on_error(str(error))
    samples = with_medians(
        [_sample(number, row) for number, row in enumerate(_agreed(parsed.rows))]
    )
    samples = [sample for sample in samples if sample.emotion or sample.action_units]
    if not samples:
        raise UnreadableSource(f"{data} holds no labelled face.")
    return samples


def _agreed(rows: Iterable[LabelledImage]) -> list[LabelledImage]:
    """Return one row per picture, without the pictures whose coders differ."""
    by_path: dict[Path, LabelledImage] = {}
    for row in rows:
        if not row.is_disputed:
            by_path.setdefault(row.path, row)
    return list(by_path.values())


def with_true_labels(data: Path, samples: list[Sample]) -> tuple[list[Sample], int]:
    """Return the samples as they are to be scored, and how many labels that changes.

    A demo set has wrong emotions and action units planted among its labels, and a manifest beside
    it that lists them: a model is fitted to the labels, and judged by the truth. Other data stays
    as it is.
    """
    try:
        manifest = json.loads(manifest_path(data).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return samples, 0
    emotions = {
        data / wrong["path"]: facs.HIGH_LEVEL[wrong["true_emotion"]]
        for wrong in manifest.get("wrong_emotions", [])
    }
    units: dict[Path, dict[int, bool]] = {}
    for wrong in manifest.get("wrong_action_units", []):
        units.setdefault(data / wrong["path"], {})[wrong["unit"]] = bool(wrong["true"])
    changed = sum((s.path in emotions) + len(units.get(s.path, {})) for s in samples)
    return [
        replace(
            sample,
            emotion=emotions.get(sample.path, sample.emotion),
            action_units=_corrected(sample.action_units, units.get(sample.path, {})),
        )
        for sample in samples
    ], changed


def _corrected(said: dict[int, bool] | None, true: dict[int, bool]) -> dict[int, bool] | None:
    return said if said is None else said | true


def _sample(number: int, row: LabelledImage) -> Sample:
    units = {
        au: score.present for au, score in row.action_units.items() if au in facs.MODEL_ACTION_UNITS
    }
    digest = hashlib.sha256(row.path.read_bytes()).hexdigest()
    reference = None
    if row.neutral is not None:
        neutral = Picture(hashlib.sha256(row.neutral.read_bytes()).hexdigest(), row.neutral)
        reference = Reference(ReferenceKind.NEUTRAL, (neutral,))
    return Sample(
        number, row.path, digest, row.subject, row.emotion or None, units or None,
        reference=reference,
    )  # fmt: skip


def with_medians(samples: list[Sample]) -> list[Sample]:
    """Return the samples; one without a neutral frame is compared with its subject's faces."""
    by_subject: dict[str, list[Picture]] = {}
    for sample in samples:
        by_subject.setdefault(sample.subject, []).append(Picture(sample.sha256, sample.path))
    medians = {
        subject: Reference(ReferenceKind.MEDIAN, tuple(pictures[:MOST_FOR_MEDIAN]))
        for subject, pictures in by_subject.items()
        if len(pictures) >= FEWEST_FOR_MEDIAN
    }
    return [
        replace(sample, reference=sample.reference or medians.get(sample.subject))
        for sample in samples
    ]
