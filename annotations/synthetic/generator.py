"""The writer of the demo data set, in CK+'s own layout."""

from __future__ import annotations

import csv
import io
import json
import multiprocessing
import os
import shutil
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from annotations.synthetic import population, render
from annotations.synthetic.manifest import TREES, manifest_path, read_manifest
from annotations.synthetic.muscles import UNITS, Action
from annotations.synthetic.population import EMOTION_CODES, Face, Population

VERSION = 2  # raise it when the same seed draws other bytes
Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Request:
    """A request for a data set; two equal ones give the same bytes."""

    seed: int
    subjects: int
    images: int
    version: int = VERSION


def generate(
    root: Path,
    *,
    seed: int = 20,
    subjects: int = 123,
    images: int = 560,
    processes: int = 2,
    progress: Progress | None = None,
) -> Path:
    """Write a synthetic data set in the layout of CK+ (Lucey et al. 2010).

    A complete set of the same seed, size and version is left as it is; an
    interrupted one is completed; another one made by this function is
    replaced. Bytes depend on seed, size and version only.

    Parameters
    ----------
    root
        Folder to write; created if missing.
    seed
        The same seed draws the same.
    subjects, images
        People, and labelled peak frames (each with a neutral frame in addition).
    processes
        Worker processes; 1 draws in this process.
    progress
        Called with (peak frames done, peak frames in all).

    Returns
    -------
    Path
        The manifest, which lies outside `root` and names the planted wrong
        labels, and the group drawn in hard light.

    Raises
    ------
    ValueError
        There are fewer images than subjects, no subjects, or more than 990.
    FileExistsError
        `root` holds files which this function did not write.
    """
    if not 1 <= subjects <= min(images, 990):
        raise ValueError("need 1 <= subjects <= images, and at most 990 subjects")
    root = Path(root)
    request = Request(seed, subjects, images)
    if read_manifest(manifest_path(root)).get("request") == vars(request):
        if progress:
            progress(images, images)
        return manifest_path(root)
    _make_room(root, request)
    drawn = population.sample(seed, subjects, images)
    _write_labels(root, drawn)
    _write_pictures(root, request, processes, progress)
    _write_json(manifest_path(root), _manifest(request, drawn))
    _stamp_path(root).unlink()
    return manifest_path(root)


def _stamp_path(root: Path) -> Path:
    """Return the path that marks a run in progress, to tell it from somebody's data."""
    return root.parent / f"{root.name}-unfinished.json"


def _make_room(root: Path, request: Request) -> None:
    """Clear what another request left; keep what this one had begun."""
    stamp = _stamp_path(root)
    begun = read_manifest(stamp).get("request")
    ours = begun is not None or bool(read_manifest(manifest_path(root)).get("request"))
    if root.exists() and any(root.iterdir()) and not ours:
        raise FileExistsError(f"{root} holds files that the demo generator did not write")
    if begun != vars(request):
        for tree in TREES:
            shutil.rmtree(root / tree, ignore_errors=True)
        (root / "subjects.csv").unlink(missing_ok=True)
    root.mkdir(parents=True, exist_ok=True)
    _write_json(stamp, {"request": vars(request)})
    manifest_path(root).unlink(missing_ok=True)


def _write_atomically(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}.{os.getpid()}.partial")
    partial.write_bytes(content)
    partial.replace(path)


def _write_json(path: Path, content: dict[str, Any]) -> None:
    _write_atomically(path, (json.dumps(content, indent=2) + "\n").encode())


def _write_labels(root: Path, drawn: Population) -> None:
    for face in drawn.faces:
        rows = [
            f"   {unit:.7e}   {level:.7e}\n" for unit, level in face.written_intensities.items()
        ]
        code = EMOTION_CODES[face.written_emotion]
        facs = root / "FACS" / face.folder / f"{face.stem}_facs.txt"
        emotion = root / "Emotion" / face.folder / f"{face.stem}_emotion.txt"
        _write_atomically(facs, "".join(rows).encode())
        _write_atomically(emotion, f"   {code:.7e}\n".encode())
    table = io.StringIO()
    writer = csv.writer(table, lineterminator="\n")
    writer.writerow(["code", "gender", "age_group", "ethnicity"])
    for person in drawn.subjects:
        writer.writerow([person.code, person.gender, person.age_group, person.ethnicity])
    _write_atomically(root / "subjects.csv", table.getvalue().encode())


def _write_pictures(
    root: Path, request: Request, processes: int, progress: Progress | None
) -> None:
    jobs = [(root, request, index) for index in range(request.images)]
    if processes <= 1:
        _count(map(_draw_pair, jobs), len(jobs), progress)
        return
    # Spawn, not fork: the caller may be a threaded server or hold TensorFlow.
    with multiprocessing.get_context("spawn").Pool(processes) as pool:
        _count(pool.imap_unordered(_draw_pair, jobs, chunksize=4), len(jobs), progress)


def _count(done: Iterable[None] | Iterator[None], total: int, progress: Progress | None) -> None:
    for number, _ in enumerate(done, start=1):
        if progress:
            progress(number, total)


@lru_cache(maxsize=2)
def _population(request: Request) -> Population:
    return population.sample(request.seed, request.subjects, request.images)


@lru_cache(maxsize=8)
def _person(seed: int, subject: int) -> render.Person:
    return render.sample_person(np.random.default_rng([seed, 1, subject]))


def _draw_pair(job: tuple[Path, Request, int]) -> None:
    """Draw and write one peak frame and its neutral frame, unless both are there."""
    root, request, index = job
    face = _population(request).faces[index]
    paths = (root / face.neutral_path, root / face.peak_path)
    if all(path.exists() for path in paths):
        return
    for path, picture in zip(paths, draw_pair(request.seed, face), strict=True):
        buffer = io.BytesIO()
        picture.save(buffer, "PNG", compress_level=1)
        _write_atomically(path, buffer.getvalue())


def draw_pair(seed: int, face: Face) -> tuple[Any, Any]:
    """Draw the neutral and the peak frame of one face (Pillow images)."""
    person = _person(seed, face.subject.index)
    rng = np.random.default_rng([seed, 2, face.index])
    pose = render.sample_pose(rng)
    light = render.sample_light(rng, hard=face.subject.hard_light)
    neutral_actions = _restlessness(rng, set())
    stray = _restlessness(rng, set(face.strengths))
    gain = person.expressiveness
    actions = tuple(
        Action(unit, gain * left, gain * right) for unit, (left, right) in face.strengths.items()
    )
    neutral = render.render(person, neutral_actions, pose, light, rng, colour=face.colour)
    pose = render.nudge(pose, rng)
    peak = render.render(person, actions + stray, pose, light, rng, colour=face.colour)
    return neutral, peak


def _restlessness(rng: np.random.Generator, taken: set[int]) -> tuple[Action, ...]:
    """Draw two movements too faint to be coded, as no face is quite still."""
    free = [unit for unit in UNITS if unit not in taken and unit not in (25, 26, 27, 28)]
    units = rng.choice(free, size=2, replace=False)
    return tuple(Action(int(unit), *map(float, rng.uniform(0.0, 0.14, 2))) for unit in units)


def _manifest(request: Request, drawn: Population) -> dict[str, Any]:
    classes: dict[str, int] = {}
    for face in drawn.faces:
        classes[face.high_level] = classes.get(face.high_level, 0) + 1
    attribute, value = population.HARD_LIGHT
    overread_by, overread_of = population.OVERREAD_GROUP
    hard = [person.code for person in drawn.subjects if person.hard_light]
    return {
        "request": vars(request),
        "seed": request.seed,
        "version": request.version,
        "counts": {
            "subjects": len(drawn.subjects),
            "peak_frames": len(drawn.faces),
            "neutral_frames": len(drawn.faces),
            "true_classes": classes,
        },
        "wrong_emotions": [
            {
                "path": face.peak_path,
                "true_emotion": face.emotion,
                "written_emotion": face.written_emotion,
            }
            for face in drawn.faces
            if face.emotion != face.written_emotion
        ],
        "wrong_action_units": [
            {"path": face.peak_path, "unit": unit, "true": 0, "written": level}
            for face in drawn.faces
            for unit, level in face.overread.items()
        ],
        "overread_group": {
            "attribute": overread_by,
            "value": overread_of,
            "unit": population.OVERREAD_UNIT,
            "share": population.OVERREAD_SHARE,
            "description": "crow's feet that stay are taken for the unit, and written",
        },
        "hard_light_group": {
            "attribute": attribute,
            "value": value,
            "subjects": hard,
            "description": "strong, dim light from one side, with more sensor noise and blur",
        },
    }
