"""Training runs, which make model versions."""

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q

from annotations.models import Snapshot
from facsweb.jobs.models import Run
from facsweb.problems import AppendOnly
from facsweb.webhooks.models import Webhook
from inference.models import InferenceRun, ModelVersion
from training.ml.balance import Balance
from training.ml.coder_checks import CoderChecks
from training.ml.curve_figures import RunCurves
from training.ml.data_facts import DataFacts
from training.ml.fairness_figures import Fairness
from training.ml.metrics import Metrics
from training.ml.spoken_times import in_words, lasted
from training.ml.stage_plan import kind_of
from training.models.cards import LONGEST_NOTE

STAGES = {
    "labels": "reading the labels",
    "weights": "checking VGG16's weights",
    "features": "looking at every face",
    "augmented features": "looking at augmented copies",
    "neutral frames": "looking at neutral frames",
    "fold": "training the heads",
    "linear experts": "fitting the linear experts",
    "mixture": "weighing the experts",
    "final heads": "training the final heads",
    "int8": "checking the faster reader (int8)",
    "evaluate": "evaluating on held-out subjects",
    "artifact": "writing the model",
}


def label_of(stage: str) -> str:
    """Return what a stage does, in words."""
    if stage.startswith("fold "):
        return f"{STAGES['fold']}, {stage}"
    if stage.startswith("tuning "):
        return f"{STAGES['tuning']}, fold {stage.removeprefix('tuning ')}"
    return STAGES.get(stage, stage)


class TrainingRun(Run):
    """One training: its configuration, the frozen data set, and what came of it."""

    task, queue = "training.tasks.train_model", "training"
    event = Webhook.Event.TRAINING_FINISHED

    config = models.JSONField(default=dict)
    #: What it learnt from; null before it has read that, and of runs of older versions.
    snapshot = models.ForeignKey(
        Snapshot, on_delete=models.PROTECT, null=True, blank=True, related_name="training_runs"
    )
    dataset_sha256 = models.CharField(max_length=64, blank=True)
    #: Epoch by epoch, the mean over folds: {"loss": [...], "val_loss": [...], ...}
    history = models.JSONField(default=dict, blank=True)
    #: The same for each fit by its stage; see training/ml/curves.py.
    curves = models.JSONField(default=dict, blank=True)
    #: The share of the whole training that is over, which never goes back.
    overall = models.FloatField(default=0.0)
    #: What each stage took (training/ml/stage_plan.py), for the forecasts of later runs.
    stage_times = models.JSONField(default=list, blank=True)
    #: Archived runs are left out of the list.
    archived_at = models.DateTimeField(null=True, blank=True)
    archived_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    epoch = models.PositiveIntegerField(null=True, blank=True)
    #: As training/ml/metrics.py writes it; read it by `figures`.
    metrics = models.JSONField(null=True, blank=True)
    #: As training/ml/data_facts.py writes it, counted when the training ended; null in older
    #: runs. Read it by `data`.
    data_facts = models.JSONField(null=True, blank=True, editable=False)
    #: As training/ml/balance.py writes it, null in runs of older versions; read it by `labels`.
    balance = models.JSONField(null=True, blank=True)
    #: As training/ml/curve_figures.py writes it; read it by `curve_figures`. Large: lists defer it.
    probability_curves = models.JSONField(null=True, blank=True)
    #: The same data, seed and configuration give the same version, so runs can share one.
    version = models.ForeignKey(
        ModelVersion, on_delete=models.PROTECT, null=True, blank=True, related_name="training_runs"
    )
    inference_run = models.ForeignKey(
        InferenceRun, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    #: The champion when the training was asked for: what its version is compared with.
    parent = models.ForeignKey(
        ModelVersion, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    #: Of a run that trains nothing, but makes a version of `parent` with other thresholds: action
    #: unit (as text) -> threshold; null for a training.
    thresholds = models.JSONField(null=True, blank=True)
    #: Why, in the words of who asked for other thresholds.
    reason = models.CharField(max_length=500, blank=True)
    #: What became of the data since the parent, as `runs.lineage` writes it; null: unknown.
    data_changes = models.JSONField(null=True, blank=True)
    #: The code that the worker ran, as facsweb/code_version.py writes it; {} if not recorded.
    code = models.JSONField(default=dict, blank=True)

    class Meta(Run.Meta):
        constraints = [
            # Training takes the whole machine: one at a time, kept by the database.
            models.UniqueConstraint(
                models.Value(1),
                condition=Q(status__in=["queued", "running"]),
                name="one_active_training",
            )
        ]

    def __str__(self) -> str:
        return f"Training run {self.pk}"

    @property
    def percent(self) -> int:
        """The share of the whole training that is over, not only of its stage."""
        return 100 if self.status == self.Status.SUCCEEDED else int(100 * self.overall)

    @property
    def is_fitting(self) -> bool:
        """Whether `done` and `total` are epochs."""
        return kind_of(self.stage) in {"fold", "tuning", "final heads"}

    @property
    def lasted(self) -> str:
        """The time that it took, in words; empty where it didn't begin."""
        return "" if self.seconds is None else lasted(self.seconds)

    @property
    def time_left(self) -> str:
        """The time that is left, in words; empty where it isn't known."""
        return in_words(self.eta_seconds)

    @property
    def figures(self) -> Metrics | None:
        """The figures measured, also by an older version of the product; None without any."""
        return Metrics.from_json(self.metrics) if self.metrics else None

    @property
    def data(self) -> DataFacts | None:
        """The facts of its data, also as an older version of the product counted them."""
        return DataFacts.from_json(self.data_facts) if self.data_facts else None

    @property
    def labels(self) -> Balance | None:
        """The spread of the labels that it learnt from; None where that isn't known."""
        return Balance.from_json(self.balance) if self.balance else None

    @property
    def curve_figures(self) -> RunCurves | None:
        """The curves by probability; None where they weren't measured."""
        return RunCurves.from_json(self.probability_curves) if self.probability_curves else None

    @property
    def stage_label(self) -> str:
        return label_of(self.stage)


class FairnessReport(models.Model):
    """Figures of groups of people, and of how evenly coders label them.

    Beside the run, not in it: lists of runs needn't read it.
    """

    run = models.OneToOneField(TrainingRun, on_delete=models.CASCADE, related_name="fairness")
    #: As training/ml/fairness_figures.py writes it; read it by `figures`.
    groups = models.JSONField()
    #: As training/ml/coder_checks.py writes it: it names people. Null of older runs.
    coders = models.JSONField(null=True, blank=True)

    def __str__(self) -> str:
        return f"Fairness of {self.run}"

    @property
    def figures(self) -> Fairness:
        """The figures of groups, also of an older version of the product."""
        return Fairness.from_json(self.groups)

    @property
    def coder_checks(self) -> CoderChecks | None:
        """Findings about coders, for who may see them (`coder_policy`); None of older runs."""
        return CoderChecks.from_json(self.coders) if self.coders else None


class RunNoteQuerySet(models.QuerySet["RunNote"]):
    def update(self, **values: Any) -> int:
        raise AppendOnly("A note is written once and never changed.")

    def delete(self) -> tuple[int, dict[str, int]]:
        raise AppendOnly("A note is never deleted.")


class RunNote(models.Model):
    """A note that somebody wrote about a training, signed and dated. Written once."""

    run = models.ForeignKey(TrainingRun, on_delete=models.PROTECT, related_name="notes")
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    written_at = models.DateTimeField(auto_now_add=True)
    text = models.CharField(max_length=LONGEST_NOTE)

    objects = RunNoteQuerySet.as_manager()

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(condition=~Q(text=""), name="run_note_says_something")
        ]

    def __str__(self) -> str:
        return f"Note {self.pk} on run {self.run_id}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self._state.adding:
            raise AppendOnly("A note is written once and never changed.")
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        raise AppendOnly("A note is never deleted.")
