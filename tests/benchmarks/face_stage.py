"""How the face stage fares on real photographs, changed in ways whose answer is known.

    python -m tests.benchmarks.face_stage [FOLDER]

`FOLDER` holds pictures with one face each (default: `../shared/data/london`, where it is there).
Each is asked as it is, cropped tightly, shrunk, mirrored, turned, alone in a wide picture, and with
others in one picture. Where the eyes are is the median of what is found as it is, mirrored and with
a margin, carried back; so nothing needs to be labelled. A crop is gross if its eyes' distance is
off by more than 1.25, their line by 10 degrees or more, or their middle by half an eye distance.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from annotations.facs.picture_quality import Quality
from inference.ml.preprocessing import load_face, prepare

_LONDON = Path("../shared/data/london")
_GREY = 128
_TOO_LARGE, _TOO_TURNED, _TOO_FAR = 1.25, 10.0, 0.5
_SIZE = 224

Picture = NDArray[np.uint8]
Points = NDArray[np.float64]


@dataclass(frozen=True)
class Known:
    """A picture and its person: both eyes (2, 2), the right first, and the face's box (4,)."""

    picture: Picture
    eyes: Points
    box: Points


@dataclass(frozen=True)
class Case:
    """A picture to ask, and the eyes of all people in it (n, 2, 2)."""

    picture: Picture
    eyes: Points


@dataclass
class Tally:
    """Counts over the cases of one kind."""

    asked: int = 0
    false_several: int = 0
    missed_several: int = 0
    refused: int = 0
    gross: int = 0
    called_good: int = 0
    seconds: list[float] = field(default_factory=list)


def main() -> None:
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else _LONDON
    paths = sorted(
        path for path in folder.rglob("*") if path.suffix.lower() in {".jpg", ".jpeg", ".png"}
    )
    if not paths:
        sys.exit(f"{folder} holds no JPEG or PNG.")
    known = [each for each in (_known(load_face(path)) for path in paths) if each is not None]
    print(f"{len(paths)} pictures, {len(paths) - len(known)} without a face\n")
    print("| asked | pictures | false several | missed several | refused | gross | of them good "
          "| ms |")  # fmt: skip
    print("|---|---|---|---|---|---|---|---|")
    for name, cases in KINDS.items():
        tally = Tally()
        for case in cases(known):
            _ask(case, tally)
        print(
            f"| {name} | {tally.asked} | {tally.false_several} | {tally.missed_several} "
            f"| {tally.refused} | {tally.gross} | {tally.called_good} "
            f"| {1000 * float(np.median(tally.seconds)):.0f} |",
            flush=True,
        )


def _known(picture: Picture) -> Known | None:
    """Find where the face of a picture is; None where fewer than two of three askings tell."""
    width = picture.shape[1]
    margin = max(picture.shape[:2]) // 4
    wider = np.pad(picture, ((margin, margin), (margin, margin), (0, 0)), mode="edge")
    eyes, boxes = [], []
    for asked, back in (
        (picture, lambda points: points),
        (_mirrored(picture), lambda points: _flipped(points, width)),
        (wider, lambda points: points - margin),
    ):
        detection = prepare(asked, _SIZE).detection
        if detection is not None:
            points = back(detection.points[:, :2].astype(np.float64))
            found = [points[[33, 133]].mean(axis=0), points[[362, 263]].mean(axis=0)]
            eyes.append(np.array(sorted(found, key=lambda eye: float(eye[0]))))
            boxes.append([*points.min(axis=0), *points.max(axis=0)])
    if len(eyes) < 2:
        return None
    return Known(picture, np.median(eyes, axis=0), np.median(boxes, axis=0))


def _mirrored(picture: Picture) -> Picture:
    return np.ascontiguousarray(picture[:, ::-1])


def _flipped(points: Points, width: int) -> Points:
    return np.stack([width - points[:, 0], points[:, 1]], axis=1)


def _as_is(known: Sequence[Known]) -> Iterator[Case]:
    for each in known:
        yield Case(each.picture, each.eyes[None])


def _tight(share: float) -> Callable[[Sequence[Known]], Iterator[Case]]:
    """Crop to the box of the face's landmarks, times a share."""

    def cases(known: Sequence[Known]) -> Iterator[Case]:
        for each in known:
            middle, half = (each.box[:2] + each.box[2:]) / 2, (each.box[2:] - each.box[:2]) / 2
            left, top = np.maximum(np.round(middle - share * half), 0).astype(int)
            right, bottom = np.round(middle + share * half).astype(int)
            crop = each.picture[top:bottom, left:right]
            yield Case(crop, each.eyes[None] - [left, top])

    return cases


def _small(height: float) -> Callable[[Sequence[Known]], Iterator[Case]]:
    """Shrink the picture until the face has this height."""

    def cases(known: Sequence[Known]) -> Iterator[Case]:
        for each in known:
            yield Case(*_shrunk(each, height))

    return cases


def _shrunk(known: Known, height: float) -> tuple[Picture, Points]:
    scale = height / float(known.box[3] - known.box[1])
    size = round(known.picture.shape[1] * scale), round(known.picture.shape[0] * scale)
    small = Image.fromarray(known.picture).resize(size, Image.Resampling.LANCZOS)
    return np.asarray(small), known.eyes[None] * scale


def _turned_about(known: Sequence[Known]) -> Iterator[Case]:
    for each in known:
        yield Case(_mirrored(each.picture), _flipped(each.eyes, each.picture.shape[1])[None, ::-1])


def _rotated(degrees: float) -> Callable[[Sequence[Known]], Iterator[Case]]:
    def cases(known: Sequence[Known]) -> Iterator[Case]:
        angle = np.deg2rad(degrees)
        turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
        for each in known:
            middle = np.array(each.picture.shape[1::-1]) / 2
            picture = Image.fromarray(each.picture).rotate(
                degrees, Image.Resampling.BICUBIC, fillcolor=(_GREY,) * 3
            )
            yield Case(np.asarray(picture), ((each.eyes - middle) @ turn.T + middle)[None])

    return cases


def _wide(known: Sequence[Known]) -> Iterator[Case]:
    """Put a face of 48 pixels into a grey picture of 1280 x 400."""
    for each in known:
        small, eyes = _shrunk(each, 48)
        yield _pasted([(small, eyes)], 1280, 400, [(900, 120)])


def _pairs(known: Sequence[Known]) -> Iterator[Case]:
    """Put each person beside one who comes two later."""
    for first, second in zip(known, [*known[2:], *known[:2]], strict=True):
        parts = [_shrunk(each, 200) for each in (first, second)]
        width, height = parts[0][0].shape[1], max(part[0].shape[0] for part in parts)
        places = [(0, 0), (width, 0)]
        yield _pasted(parts, width + parts[1][0].shape[1], height, places)


def _bystanders(known: Sequence[Known]) -> Iterator[Case]:
    """Put somebody with a face of 60 pixels beside a person with one of 200, who is to be read."""
    for near, far in zip(known, [*known[2:], *known[:2]], strict=True):
        parts = [_shrunk(near, 200), _shrunk(far, 60)]
        (height, width), far_width = parts[0][0].shape[:2], parts[1][0].shape[1]
        case = _pasted(parts, width + far_width, height, [(0, 0), (width, 0)])
        yield Case(case.picture, case.eyes[:1])


def _groups(known: Sequence[Known]) -> Iterator[Case]:
    """Put six people into one picture of 960 x 640, faces of 110 pixels."""
    for first in range(0, len(known) - 5, 6):
        parts = [_shrunk(each, 110) for each in known[first : first + 6]]
        places = [(320 * (number % 3), 320 * (number // 3)) for number in range(6)]
        yield _pasted(parts, 960, 640, places)


def _pasted(
    parts: Sequence[tuple[Picture, Points]],
    width: int,
    height: int,
    places: Sequence[tuple[int, int]],
) -> Case:
    canvas = np.full((height, width, 3), _GREY, dtype=np.uint8)
    eyes = []
    for (picture, points), (left, top) in zip(parts, places, strict=True):
        fits = picture[: height - top, : width - left]
        canvas[top : top + fits.shape[0], left : left + fits.shape[1]] = fits
        eyes.append(points[0] + [left, top])
    return Case(canvas, np.array(eyes))


KINDS: dict[str, Callable[[Sequence[Known]], Iterator[Case]]] = {
    "as is": _as_is,
    "tightly, 1.25 of the landmarks' box": _tight(1.25),
    "tightly, the landmarks' box": _tight(1.0),
    "cut into, 0.85 of that box": _tight(0.85),
    "faces of 48 pixels": _small(48),
    "mirrored": _turned_about,
    "turned by 20 degrees": _rotated(20),
    "48 pixels in a wide picture": _wide,
    "two to a picture": _pairs,
    "with somebody far behind": _bystanders,
    "six to a picture": _groups,
}


def _ask(case: Case, tally: Tally) -> None:
    started = time.process_time()
    face = prepare(case.picture, _SIZE)
    tally.seconds.append(time.process_time() - started)
    tally.asked += 1
    several = face.quality is Quality.SEVERAL_FACES
    tally.false_several += several and len(case.eyes) == 1
    tally.missed_several += not several and len(case.eyes) > 1
    if face.detection is None:
        tally.refused += 1
        return
    points = face.detection.points[:, :2].astype(np.float64)
    eyes = np.array([points[[33, 133]].mean(axis=0), points[[362, 263]].mean(axis=0)])
    gross = all(_is_gross(eyes, truth) for truth in case.eyes)
    tally.gross += gross
    tally.called_good += gross and face.quality is Quality.GOOD


def _is_gross(eyes: Points, truth: Points) -> bool:
    (found, known) = (eyes[1] - eyes[0], truth[1] - truth[0])
    scale = np.hypot(*found) / np.hypot(*known)
    cosine = found @ known / (np.hypot(*found) * np.hypot(*known))
    away = np.hypot(*(eyes.mean(axis=0) - truth.mean(axis=0))) / np.hypot(*known)
    turned = np.degrees(np.arccos(np.clip(cosine, -1, 1)))
    return bool(max(scale, 1 / scale) > _TOO_LARGE or turned >= _TOO_TURNED or away > _TOO_FAR)


if __name__ == "__main__":
    main()
