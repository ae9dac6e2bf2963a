"""Overlays of the picture panel on a face: where action units act, and its neutral frame."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from annotations import facs
from annotations.faces.neutral_frames import neutral_of
from annotations.facs.regions import REGIONS, regions_of
from annotations.models import Detection, Face, NeutralFrame


@dataclass(frozen=True)
class Region:
    """One action unit's outlines, as SVG `points`."""

    unit: facs.ActionUnit
    polygons: list[str]


@dataclass(frozen=True)
class Picture:
    """Overlays in pixels of the upright picture; without a detection there are no regions."""

    has_detection: bool
    regions: list[Region]
    neutral: NeutralFrame | None


def picture_of(face: Face) -> Picture:
    detection = Detection.objects.filter(face=face).first()
    return Picture(
        has_detection=detection is not None,
        regions=_regions(detection.landmarks) if detection else [],
        neutral=neutral_of(face),
    )


def _regions(landmarks: Sequence[Sequence[float]]) -> list[Region]:
    regions = []
    for au in sorted(REGIONS):
        polygons = regions_of(au, landmarks)
        if polygons:
            written = [" ".join(f"{x:.0f},{y:.0f}" for x, y in polygon) for polygon in polygons]
            regions.append(Region(facs.ACTION_UNITS[au], written))
    return regions
