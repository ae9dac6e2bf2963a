"""The lineage of a model version: what it was made of, by whom, and what differs from its parent.

A version is immutable and known by what is in it; a run knows who asked when, by which code and
how long it took. Several runs can make the same version: the first made it, the others agree.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.db.models import Exists, OuterRef, Q

from annotations.models import Snapshot
from facsweb.code_version import CodeVersion
from facsweb.jobs.models import Run
from inference.models import ModelVersion
from training.models import TrainingRun
from training.runs.differences import libraries_that_differ, settings_that_differ


@dataclass(frozen=True)
class Lineage:
    """The lineage of a version, given the runs that made it, the first one first."""

    version: ModelVersion
    runs: tuple[TrainingRun, ...]

    @property
    def run(self) -> TrainingRun | None:
        """The run that made it; None for a version that was registered without one."""
        return self.runs[0] if self.runs else None

    @property
    def parent(self) -> ModelVersion | None:
        """The champion when the run was asked for."""
        return self.run.parent if self.run else None

    @property
    def code(self) -> CodeVersion:
        return CodeVersion.from_json(self.run.code if self.run else {})

    @property
    def config(self) -> dict[str, Any]:
        """The recipe's settings, those of the manifest before those of the run."""
        return self.version.manifest.get("config") or (self.run.config if self.run else {})

    @property
    def libraries(self) -> dict[str, str]:
        return self.version.manifest.get("libraries") or {}

    @property
    def dataset_sha256(self) -> str:
        manifest = self.version.manifest
        return manifest.get("dataset_sha256") or (self.run.dataset_sha256 if self.run else "")

    @property
    def preprocessing_version(self) -> int | None:
        known: int | None = self.version.manifest.get("preprocessing_version")
        return known

    @property
    def faces(self) -> int | None:
        """The number of faces that it was trained on; None where nothing was measured."""
        if self.run and self.run.snapshot:
            return self.run.snapshot.faces
        figures = self.run.figures if self.run else None
        return figures.all.faces if figures and figures.all else None

    @cached_property
    def differences(self) -> list[str]:
        """The differences from the parent, in words; [] without a parent."""
        if self.parent is None:
            return []
        return list(_differences(self, lineage_of(self.parent)))

    def to_json(self) -> dict[str, Any]:
        """Return the lineage as the API gives it."""
        run, parent = self.run, self.parent
        user = run.requested_by if run else None
        return {
            "training_run": run.pk if run else None,
            "also_made_by": [again.pk for again in self.runs[1:]],
            "requested_by": user.get_username() if user else None,
            "requested_at": run.created_at if run else None,
            "finished_at": run.finished_at if run else None,
            "seconds": run.seconds if run else None,
            "snapshot": run.snapshot_id if run else None,
            "dataset_sha256": self.dataset_sha256,
            "data_changes": run.data_changes if run else None,
            "faces": self.faces,
            "seed": self.config.get("seed"),
            "config": self.config,
            "preprocessing_version": self.preprocessing_version,
            "code": self.code.to_json() if self.code.is_known else None,
            "libraries": self.libraries,
            "parent_model": parent.pk if parent else None,
            "parent_model_name": parent.name if parent else None,
            "differences": self.differences,
        }


def lineage_of(version: ModelVersion) -> Lineage:
    """Return a version's lineage, in one query."""
    made = version.training_runs.filter(status=Run.Status.SUCCEEDED).order_by("pk")
    return Lineage(
        version, tuple(made.select_related("requested_by", "parent", "snapshot", "mlflow"))
    )


def data_changes(snapshot: Snapshot, parent: ModelVersion | None) -> dict[str, int] | None:
    """Count what became of the data since a parent learnt from it.

    A worker does so once, when it takes the snapshot: pages have no time for it.

    Returns
    -------
    dict or None
        Faces that are "new" or "gone", or whose truth is another coding ("recoded"), and the
        numbers of faces "before" and "after"; None where the parent has no snapshot on record.
    """
    run = lineage_of(parent).run if parent else None
    if run is None or run.snapshot is None:
        return None
    mine, its = snapshot.members, run.snapshot.members
    same_face = Q(face=OuterRef("face"))
    deleted = run.snapshot.faces - its.count()
    return {
        "before": run.snapshot.faces,
        "after": snapshot.faces,
        "new": mine.filter(~Exists(its.filter(same_face))).count(),
        "gone": its.filter(~Exists(mine.filter(same_face))).count() + deleted,
        "recoded": mine.filter(
            Exists(its.filter(same_face).exclude(coding=OuterRef("coding")))
        ).count(),
    }


def _thresholds(new: Lineage, old: Lineage) -> Iterator[str]:
    """Yield what a person changed; those of a training are chosen by it, and always differ."""
    changed = (new.run.thresholds if new.run else None) or {}
    before = old.version.manifest.get("thresholds") or {}
    for au, threshold in changed.items():
        was = f" instead of {before[au]:.2f}" if au in before else ""
        yield f"Threshold of AU{au}: {threshold:.2f}{was}."


def _differences(new: Lineage, old: Lineage) -> Iterator[str]:
    yield from _thresholds(new, old)
    yield from settings_that_differ(new.config, old.config)
    yield from _data(new, old)
    if new.preprocessing_version != old.preprocessing_version:
        yield (
            f"Preprocessing: version {new.preprocessing_version} instead of "
            f"{old.preprocessing_version}."
        )
    yield from libraries_that_differ(new.libraries, old.libraries)
    codes = {new.code.source_sha256, old.code.source_sha256}
    if len(codes) == 2 and "" not in codes:
        yield f"Code: {new.code} instead of {old.code}."


def _data(new: Lineage, old: Lineage) -> Iterator[str]:
    if new.dataset_sha256 == old.dataset_sha256:
        return
    counted = new.run.data_changes if new.run else None
    if counted is None:
        counts = f": {new.faces} faces instead of {old.faces}" if new.faces and old.faces else ""
        yield f"Data: other faces or labels{counts}."
        return
    words = {"new": "new", "gone": "gone", "recoded": "coded anew"}
    changes = [f"{counted[name]} {said}" for name, said in words.items() if counted[name]]
    after, before = counted["after"], counted["before"]
    faces = f"{after} faces instead of {before}" if after != before else f"{after} faces as before"
    yield f"Data: {faces}; {', '.join(changes) or 'other labels'}."
