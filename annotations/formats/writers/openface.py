"""A CSV with OpenFace 2's columns, so that what reads its output reads ours.

Baltrušaitis et al. (2018), "OpenFace 2.0"; its wiki, "Output Format": AUxx_r is an intensity of 0
to 5, AUxx_c a presence of 0 or 1.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable
from pathlib import Path

from annotations import facs
from annotations.formats.records import LabelledFace, ScoreRecord
from annotations.formats.writers.labels_csv import picture_name
from facsweb.rest.cells import defuse

_GRADES = list(facs.INTENSITIES)
#: What can't be seen of a face is no action of it.
_UNITS = sorted(facs.ACTION_UNITS.keys() - facs.VISIBILITY_CODES)


def write_openface(path: Path, faces: Iterable[LabelledFace]) -> int:
    """Write the ground truth's action units as one CSV.

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
            if labelled.truth is None or not labelled.truth.scores:
                continue
            intensities = {score.au: _intensity(score) for score in labelled.truth.scores}
            shown = {score.au: int(score.present) for score in labelled.truth.scores}
            frame = labelled.face.frame
            rows.writerow(
                [
                    defuse(picture_name(labelled.face)),
                    1 if frame is None else frame,
                    0,
                    0,
                    1,
                    1,
                    *(intensities.get(au, "") for au in _UNITS),
                    *(shown.get(au, "") for au in _UNITS),
                ]
            )
            written += 1
    return written


def _intensity(score: ScoreRecord) -> str | int:
    if not score.present:
        return 0
    return _GRADES.index(score.intensity) + 1 if score.intensity else ""
