"""Reading the records that a card or a data sheet is made of, in a fixed number of queries."""

from __future__ import annotations

import stat
from dataclasses import replace
from pathlib import Path

from django.contrib.auth.models import User
from django.db.models import QuerySet

from annotations.agreement.permissions import agreement_policy
from facsweb.accounts.permissions import ADMIN, holders_of
from facsweb.jobs.models import Run
from inference.artefacts import is_shared
from inference.models import AliasMove, ModelAlias, ModelVersion
from training.cards.datasheet import datasheet
from training.cards.document import Document
from training.cards.model_card import model_card
from training.cards.notes import notes_on
from training.cards.source import CardSource, ModelRecord, Promotion, SheetSource, TrainingRecord
from training.ml.metrics import Metrics
from training.models import FairnessReport, TrainingRun
from training.runs.lineage import Lineage, lineage_of

_IN_BUCKET = "in an S3 bucket: whoever may write to it may write them; the digest tells"


def card_of(version: ModelVersion, reader: User) -> Document:
    """Return the card of a model version, as `reader` may see it."""
    lineage = lineage_of(version)
    tells = agreement_policy.allows(reader, "see")
    withdrawn = len(version.withdrawn_marks)
    source = CardSource(_model(version, lineage), _of_lineage(lineage), tells, withdrawn)
    return model_card(source, notes_on(version))


def _of_lineage(lineage: Lineage) -> TrainingRecord | None:
    """Return the run that made a version, with the figures and data of the last that did so.

    So a card has the dashboard's figures. The runs agree on them, as far as they measured them.
    """
    if lineage.run is None:
        return None
    measured = [run for run in lineage.runs if run.metrics]
    counted = [run.data for run in lineage.runs if run.data_facts]
    made = _training(lineage.run)
    last = measured[-1] if measured else lineage.run
    report = FairnessReport.objects.filter(run=last).first()
    return replace(
        made,
        metrics=last.figures or made.metrics,
        data=counted[-1] if counted else None,
        fairness=report.figures if report else None,
    )


def sheets() -> QuerySet[TrainingRun]:
    """Return the trainings that have a data sheet: those that succeeded."""
    runs = TrainingRun.objects.filter(status=Run.Status.SUCCEEDED)
    return runs.select_related("requested_by", "snapshot", "version").defer("history")


def sheet_of(run: TrainingRun, reader: User) -> Document:
    """Return the data sheet of one of `sheets()`, as `reader` may see it."""
    same = TrainingRun.objects.filter(dataset_sha256=run.dataset_sha256, version__isnull=False)
    names = same.order_by("version").values_list("version__name", flat=True).distinct()
    models = tuple(names) if run.dataset_sha256 else ()
    admins = holders_of(ADMIN).count()
    tells = agreement_policy.allows(reader, "see")
    return datasheet(SheetSource(_training(run), models, admins, tells), notes_on(run))


def _training(run: TrainingRun) -> TrainingRecord:
    return TrainingRecord(
        number=run.pk,
        asked_by=run.requested_by.get_username() if run.requested_by else "",
        asked_at=run.created_at,
        ended_at=run.finished_at,
        seconds=run.seconds,
        config=run.config,
        dataset_sha256=run.dataset_sha256,
        snapshot_sha256=run.snapshot.sha256 if run.snapshot else "",
        metrics=run.figures or Metrics(),
        data=run.data,
    )


def _model(version: ModelVersion, lineage: Lineage) -> ModelRecord:
    moves = AliasMove.objects.filter(alias=ModelAlias.Name.CHAMPION, version=version)
    moves = moves.select_related("previous", "moved_by").order_by("pk")
    return ModelRecord(
        name=version.name,
        sha256=version.sha256,
        registered_at=version.created_at,
        aliases=tuple(version.aliases.order_by("name").values_list("name", flat=True)),
        manifest=version.manifest,
        parent=lineage.parent.name if lineage.parent else "",
        differences=tuple(lineage.differences),
        code=str(lineage.code) if lineage.code.is_known else "",
        promotions=tuple(
            Promotion(
                move.moved_at,
                move.moved_by.get_username() if move.moved_by else "",
                move.previous.name if move.previous else "",
                move.reason,
            )
            for move in moves
        ),
        files=_IN_BUCKET if is_shared(version.folder) else _protection(version.path),
        admins=holders_of(ADMIN).count(),
        drawn_share=version.coder.drawn_share,
    )


def _protection(folder: Path) -> str:
    """Say who may write an artefact's files, by their permissions."""
    try:
        modes = [path.stat().st_mode for path in (folder, *sorted(folder.iterdir()))]
    except OSError:
        return "not on this machine"
    if any(mode & stat.S_IWOTH for mode in modes):
        return "anybody on the server may write them"
    if any(mode & stat.S_IWGRP for mode in modes):
        return "their owner and its group may write them"
    if any(mode & stat.S_IWUSR for mode in modes):
        return "only their owner, the product’s own account, may write them"
    return "read-only"
