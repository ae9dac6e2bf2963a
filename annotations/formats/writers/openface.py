"""A CSV with OpenFace 2's columns, so that what reads its output reads ours.

Baltrušaitis et al. (2018), "OpenFace 2.0"; its wiki, "Output Format": AUxx_r is an intensity of 0
to 5, AUxx_c a presence of 0 or 1.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable
from pathlib import Path
from typing import Literal

from annotations import facs
from annotations.formats.records import LabelledFace, ScoreRecord
from annotations.formats.writers.labels_csv import picture_name
from facsweb.rest.cells import defuse

#: What can't be seen of a face is no action of it.
_UNITS = sorted(facs.ACTION_UNITS.keys() - facs.VISIBILITY_CODES)


def write_openface(
    path: Path, faces: Iterable[LabelledFace], *, of: Literal["truth", "prediction"]
) -> int:
    """Write the ground truth's or the champion's action units as one CSV.

    Intensity A to E is 1 to 5, absent is 0; blank where no intensity was coded. `filepath` comes
    before OpenFace's own columns: its files are told apart by their names, ours is one. A face
    without a frame's number is frame 1; `face_id` and `timestamp` are always 0, `confidence` and
    `success` 1.

    Parameters
    ----------
    path
        The CSV to write; an older one is overwritten.
    faces
        Those without a score have no row.
    of
        Whose scores to write.

    Returns
    -------
    int
        How many faces have any.
    """
    intensity = [f"AU{au:02d}_r" for au in _UNITS]
    presence = [f"AU{au:02d}_c" for au in _UNITS]
    written = 0
    with path.open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file)
        about = ["filepath", "frame", "face_id", "timestamp", "confidence", "success"]
        rows.writerow([*about, *intensity, *presence])
        for labelled in faces:
            coding = getattr(labelled, of)
            if coding is None or not coding.scores:
                continue
            scores = {score.au: score for score in coding.scores}
            frame = labelled.face.frame
            rows.writerow(
                [
                    defuse(picture_name(labelled.face)),
                    1 if frame is None else frame,
                    0,
                    0,
                    1,
                    1,
                    *(_intensity(scores.get(au)) for au in _UNITS),
                    *(_presence(scores.get(au)) for au in _UNITS),
                ]
            )
            written += 1
    return written


def _intensity(score: ScoreRecord | None) -> str:
    if score is None or (score.present and not score.intensity):
        return ""
    if not score.present:
        return "0"
    return str(list(facs.INTENSITIES).index(score.intensity) + 1)


def _presence(score: ScoreRecord | None) -> str:
    return "" if score is None else str(int(score.present))
