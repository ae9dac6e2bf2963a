"""Two model versions with all that is kept of them, and as many faces as are asked for.

The figures are measured by the product's own functions on BASE drawn faces, each with a truth and a
reading by either version. What figures are made of doesn't grow with the faces, so more faces are
copies of these, made by the database itself: 100,000 in a minute.
"""

from __future__ import annotations

import hashlib
from datetime import timedelta
from typing import Any

import numpy as np
from django.contrib.auth.models import Group, User
from django.db import connection, transaction
from django.utils import timezone

from annotations import facs
from annotations.models import (
    ActionUnitScore,
    Coder,
    Coding,
    Face,
    Snapshot,
    SnapshotFace,
    SnapshotSubject,
    Subject,
)
from inference.ml.predictions import Readings, predictions_of
from inference.models import InferenceRun, ModelVersion
from inference.registry import crown
from tests.benchmarks.unit_columns import fill_unit_columns
from training.cards.count_data import count_data
from training.comparisons import run as compare_run
from training.comparisons.services import request_comparison
from training.drift import run as drift_run
from training.making.coder_data import coded_faces
from training.making.samples import freeze_truth
from training.ml.coder_checks import check_coders
from training.ml.config import TrainingConfig
from training.ml.evaluate import evaluate
from training.ml.imbalance import imbalance
from training.ml.probabilities import Outputs
from training.ml.probability_curves import run_curves
from training.models import DriftCheck, FairnessReport, TrainingRun

BASE, SUBJECTS = 1000, 220
#: The share of the faces that no training knows: they are there to drift.
NEW = 0.1
#: Shares of faces that show each of the model's units, about as in CK+.
RATES = np.array(
    [0.29, 0.20, 0.32, 0.21, 0.20, 0.06, 0.19, 0.05, 0.15, 0.33, 0.10, 0.10, 0.48, 0.08, 0.14]
)
#: How far apart a version holds faces with and without a unit.
SKILLS = (2.2, 1.9)


def build(faces: int) -> User:
    """Fill an empty database; return an admin to look at it."""
    draw = np.random.default_rng(1)
    admin = User.objects.create_user("admin", password="only-for-benchmarks")
    admin.groups.add(Group.objects.get(name="admin"))
    _add_faces(draw)
    versions = [_add_version(number, skill, draw) for number, skill in enumerate(SKILLS, start=1)]
    _add_trainings(versions, admin)
    comparison = request_comparison(None, [version.coder for version in reversed(versions)])
    check = DriftCheck.objects.create(version=versions[0], last=None)
    for run, work in ((comparison, compare_run), (check, drift_run)):
        type(run).objects.filter(pk=run.pk).update(status="running", started_at=timezone.now())
        run.refresh_from_db()
        work.carry_out(run)  # type: ignore[attr-defined]  # modules
    fill_unit_columns()
    _copy(faces // BASE - 1)
    for run in TrainingRun.objects.select_related("inference_run"):
        numbers = Coding.objects.filter(coder=run.version.coder_id).exclude(split="")
        run.inference_run.splits = dict(numbers.values_list("face", "split"))
        run.inference_run.save(update_fields=["splits"])
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    return admin


def _add_faces(draw: np.random.Generator) -> None:
    imported = Coder.objects.create(kind="import", name="CK+")
    tags = {
        "gender": ("female", "female", "male"),
        "age_group": ("18-25", "26-35", "36-50"),
        "ethnicity": ("A", "A", "A", "B", "B", "C"),
    }
    people = Subject.objects.bulk_create(
        Subject(code=f"S{n:03d}", **{name: draw.choice(own) for name, own in tags.items()})
        for n in range(SUBJECTS)
    )
    kept = Face.objects.bulk_create(
        Face(
            subject=people[number % SUBJECTS],
            sequence=f"{number // SUBJECTS:03d}",
            file=f"faces/{number}.png",
            sha256=hashlib.sha256(str(number).encode()).hexdigest(),
            width=640,
            height=490,
            colour_mode="greyscale",
            created_at=timezone.now() + timedelta(seconds=number),
        )
        for number in range(BASE)
    )
    emotions = draw.choice(facs.EMOTIONS, BASE, p=[0.57, 0.21, 0.22])
    units = draw.random((BASE, len(RATES))) < RATES
    truths = Coding.objects.bulk_create(
        Coding(face=face, coder=imported, coder_kind="import", emotion=said, is_accepted=True)
        for face, said in zip(kept, emotions, strict=True)
    )
    _add_scores(truths, units)


def _add_scores(codings: list[Coding], units: Any, chances: Any = None) -> None:
    ActionUnitScore.objects.bulk_create(
        (
            ActionUnitScore(
                coding=coding,
                au=au,
                present=bool(units[row, at]),
                probability=None if chances is None else float(chances[row, at]),
            )
            for row, coding in enumerate(codings)
            for at, au in enumerate(facs.MODEL_ACTION_UNITS)
        ),
        batch_size=3000,
    )


def _add_version(number: int, skill: float, draw: np.random.Generator) -> ModelVersion:
    """Register a version that has read every face."""
    truths = list(Coding.objects.accepted().order_by("face_id").prefetch_related("scores"))
    shown = np.array([[score.present for score in truth.scores.all()] for truth in truths])
    logits = draw.normal(size=shown.shape) + skill * (2 * shown - 1) - 0.4
    chances = 1 / (1 + np.exp(-1.5 * logits))
    right = np.array([facs.EMOTIONS.index(truth.emotion) for truth in truths])
    emotion = draw.normal(size=(len(truths), len(facs.EMOTIONS)))
    emotion[np.arange(len(right)), right] += skill
    emotion = np.exp(emotion) / np.exp(emotion).sum(axis=1, keepdims=True)
    said = emotion.argmax(axis=1)
    coder = Coder.objects.create(kind="model", name=f"VGG16-benchmark-{number}")
    readings = Coding.objects.bulk_create(
        Coding(
            face_id=truth.face_id,
            coder=coder,
            coder_kind="model",
            emotion=facs.EMOTIONS[said[row]],
            emotion_probabilities=dict(zip(facs.EMOTIONS, emotion[row].tolist(), strict=True)),
            confidence=float(emotion[row].max()),
            split="" if row >= (1 - NEW) * BASE else ("test" if row % 5 else "validation"),
            quality="good",
        )
        for row, truth in enumerate(truths)
    )
    _add_scores(readings, chances >= 0.5, chances)
    config = TrainingConfig(seed=number).to_json()
    return ModelVersion.objects.create(
        name=coder.name, sha256=f"{number:064d}", folder=coder.name, coder=coder,
        manifest={
            "thresholds": {str(au): 0.5 for au in facs.MODEL_ACTION_UNITS},
            "preprocessing_version": 2, "config": config, "seed": number, "libraries": {},
            "dataset_sha256": "0" * 64,
        },
    )  # fmt: skip


def _add_trainings(versions: list[ModelVersion], admin: User) -> None:
    """Add each version's training with its figures, and the moves of the aliases."""
    snapshot, samples = freeze_truth()
    for version in versions:
        said = _outputs(version)
        quality = ["good"] * len(samples)
        read = predictions_of(said.emotion, said.units, said.units >= 0.5, quality)
        split = dict(Coding.objects.filter(coder=version.coder_id).values_list("face_id", "split"))
        known = [at for at, sample in enumerate(samples) if split[sample.id]]
        learnt, told = [samples[at] for at in known], [read[at] for at in known]
        metrics, fairness = evaluate(learnt, told, split)
        readings = Readings(
            np.array([each.sha256 for each in samples]), said.emotion, said.units, said.units >= 0.5
        )
        now = timezone.now()
        run = TrainingRun.objects.create(
            status="succeeded", created_at=now, started_at=now, finished_at=now, version=version,
            snapshot=snapshot, config=version.manifest["config"], requested_by=admin,
            metrics=metrics.to_json(), balance=imbalance(learnt, split).to_json(),
            probability_curves=run_curves(learnt, said[known], split).to_json(),
            data_facts=count_data(snapshot, readings).to_json(), dataset_sha256="0" * 64,
            inference_run=InferenceRun.objects.create(version=version, status="succeeded"),
        )  # fmt: skip
        checks = check_coders(coded_faces(samples, readings))
        FairnessReport.objects.create(run=run, groups=fairness.to_json(), coders=checks.to_json())
        with transaction.atomic():
            crown(version, admin, "A benchmark needs one.")


def _outputs(version: ModelVersion) -> Outputs:
    readings = Coding.objects.filter(coder=version.coder_id).order_by("face_id")
    rows = list(readings.prefetch_related("scores"))
    return Outputs(
        np.array([[row.emotion_probabilities[name] for name in facs.EMOTIONS] for row in rows]),
        np.array([[score.probability for score in row.scores.all()] for row in rows]),
    )


def _copy(times: int) -> None:
    """Copy subjects, faces, codings, scores and members of snapshots so often, in the database."""
    if times < 1:
        return
    ids = {model: _step(model) for model in (Subject, Face, Coding)}
    for model, columns in (
        (Subject, {"code": "substr('C' || n.n || '-' || t.code, 1, 32)"}),
        (Face, {"sha256": "substr(n.n || 'x' || t.sha256, 1, 64)"}),
        (Coding, {}),
        (ActionUnitScore, {"id": None}),
        (SnapshotFace, {"id": None}),
        (SnapshotSubject, {"id": None}),
    ):
        _copy_rows(model, times, ids, columns)
    Snapshot.objects.update(faces=BASE * (times + 1), subjects=SUBJECTS * (times + 1))


def _step(model: Any) -> int:
    """The number by which the ids of one copy lie beyond those of the former."""
    return int(model.objects.order_by("-pk").values_list("pk", flat=True)[0])


def _copy_rows(
    model: Any, times: int, steps: dict[Any, int], changed: dict[str, str | None]
) -> None:
    targets, sources = [], []
    for field in model._meta.concrete_fields:
        source: str | None = f't."{field.column}"'
        if field.primary_key:
            source = f"t.id + n.n * {steps[model]}" if model in steps else None
        elif field.related_model in steps:
            source = f't."{field.column}" + n.n * {steps[field.related_model]}'
        source = changed.get(field.name, source)
        if source is not None:
            targets.append(f'"{field.column}"')
            sources.append(source)
    table = model._meta.db_table
    with connection.cursor() as cursor:
        cursor.execute(
            f"WITH RECURSIVE n(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < {times}) "
            f'INSERT INTO "{table}" ({", ".join(targets)}) '
            f'SELECT {", ".join(sources)} FROM "{table}" t CROSS JOIN n'
        )
        if connection.vendor == "postgresql" and model in steps:
            cursor.execute(
                f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), max(id)) FROM \"{table}\""
            )
