"""What the picture panel lays over a face: where action units act, and its neutral frame."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from annotations.models import Detection, Face, NeutralFrame
from annotations.neutral import neutral_of
from annotations.regions import REGIONS, regions_of


@dataclass(frozen=True)
class Region:
    """One action unit's outlines as SVG `points`, and where its number is written."""

    au: int
    polygons: list[str]
    label_x: int
    label_y: int


@dataclass(frozen=True)
class Picture:
    """In pixels of the upright picture; without a detection there are no regions."""

    has_detection: bool
    regions: list[Region]
    neutral: NeutralFrame | None
    #: Height of a region's label.
    label: int


def picture_of(face: Face) -> Picture:
    detection = Detection.objects.filter(face=face).first()
    landmarks = detection.landmarks if detection else []
    label = max(8, round(max(face.width, face.height) / 28))
    return Picture(
        has_detection=detection is not None,
        regions=_regions(landmarks, label),
        neutral=neutral_of(face),
        label=label,
    )


def _regions(landmarks: Sequence[Sequence[float]], label: int) -> list[Region]:
    regions = []
    for au in sorted(REGIONS):
        polygons = regions_of(au, landmarks)
        if polygons:
            points = [point for polygon in polygons for point in polygon]
            middle = (min(x for x, _ in points) + max(x for x, _ in points)) / 2
            # Above the region, but never above the picture.
            top = max(min(y for _, y in points) - label / 3, label)
            written = [" ".join(f"{x:.0f},{y:.0f}" for x, y in polygon) for polygon in polygons]
            regions.append(Region(au, written, round(middle), round(top)))
    return regions
