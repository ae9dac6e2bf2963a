"""Detections: where a worker found each face, and how that is drawn over the picture."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from annotations.models import Detection, Face

Point = Sequence[float]


@dataclass(frozen=True)
class Seen:
    """One detection, in pixels of the upright picture.

    Box (left, top, right, bottom), the crop's four corners, 468 landmarks.
    """

    box: Sequence[float]
    crop: Sequence[Point]
    landmarks: Sequence[Point]


def store_detections(found: Iterable[tuple[Face, Seen]]) -> None:
    """Store detections in place of former ones, rounded to pixels: they are only for display."""
    Detection.objects.bulk_create(
        [
            Detection(
                face=face,
                box=_rounded(seen.box),
                crop=[_rounded(corner) for corner in seen.crop],
                landmarks=[_rounded(point) for point in seen.landmarks],
            )
            for face, seen in found
        ],
        update_conflicts=True,
        unique_fields=["face"],
        update_fields=["box", "crop", "landmarks"],
    )


def overlay(detection: Detection) -> dict[str, object]:
    """Return what `annotations/detection.svg` draws; line widths are shares of the picture."""
    face = detection.face
    left, top, right, bottom = detection.box
    return {
        "width": face.width,
        "height": face.height,
        "stroke": max(1.0, max(face.width, face.height) / 300),
        "box": {"x": left, "y": top, "width": right - left, "height": bottom - top},
        "crop": " ".join(f"{x},{y}" for x, y in detection.crop),
        "landmarks": detection.landmarks,
    }


def _rounded(numbers: Sequence[float]) -> list[int]:
    return [round(number) for number in numbers]
