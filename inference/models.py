"""Models: immutable versions, movable aliases, and the runs that ask them."""

from __future__ import annotations

from datetime import timedelta
from functools import cached_property
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from annotations.models import Coder, Coding, Face
from facsweb.jobs.fence import unfenced
from facsweb.jobs.models import Run
from facsweb.problems import AppendOnly
from facsweb.webhooks.models import Webhook
from inference.ml.preprocessing import PREPROCESSING_VERSION

#: A helper's part is taken from it when it has been silent for so long.
PART_LEASE = timedelta(seconds=60)
#: A run on which its worker is to go on.
GOES_ON = {"status": Run.Status.RUNNING, "cancel_requested": False}
_ITS_RUN_GOES_ON = {f"run__{name}": value for name, value in GOES_ON.items()}


class ModelVersion(models.Model):
    """One trained network: an artefact folder that never changes, and its coder."""

    name = models.CharField(max_length=64, unique=True)
    sha256 = models.CharField(max_length=64, unique=True)
    #: Folder name under MODELS_ROOT.
    folder = models.CharField(max_length=64, unique=True)
    manifest = models.JSONField()
    coder = models.OneToOneField(Coder, on_delete=models.PROTECT, related_name="model_version")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-pk"]

    def __str__(self) -> str:
        return self.name

    @property
    def path(self) -> Path:
        return settings.MODELS_ROOT / self.folder

    @property
    def is_outdated(self) -> bool:
        """Whether it learnt from other crops than pictures are cut to now, so it can't read any."""
        learnt_from = self.manifest.get("preprocessing_version", PREPROCESSING_VERSION)
        return bool(learnt_from != PREPROCESSING_VERSION)

    @property
    def drawn_in_words(self) -> str:
        """The share of drawings among the faces that it learnt from; empty without any."""
        return self.coder.drawn_in_words

    @property
    def lost_its_files(self) -> bool:
        """Whether the folder of a version that was trained here is gone, such as by its age."""
        return bool(self.manifest.get("network_sha256")) and not self.path.is_dir()

    @cached_property
    def withdrawn_marks(self) -> list[WithdrawnFaces]:
        """The marks of subjects that it learnt from and who have withdrawn since."""
        return list(self.withdrawn.all())

    @property
    def keeps_embeddings(self) -> bool:
        """Whether it can tell what it sees in a face; versions of before can't."""
        return bool(self.manifest.get("projection_sha256"))

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self._state.adding:
            raise AppendOnly("A model version never changes; train a new one.")
        super().save(*args, **kwargs)


class WithdrawnFaces(models.Model):
    """A mark on a version: it learnt from faces of a subject who has withdrawn since."""

    version = models.ForeignKey(ModelVersion, on_delete=models.CASCADE, related_name="withdrawn")
    withdrawal = models.ForeignKey(
        "withdrawal.Withdrawal", on_delete=models.PROTECT, related_name="versions"
    )
    faces = models.PositiveIntegerField()
    marked_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["version", "withdrawal"], name="a_version_is_marked_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.faces} withdrawn faces of {self.version}"


class ModelAlias(models.Model):
    """A name that moves from version to version; promotion moves `champion`."""

    class Name(models.TextChoices):
        CHAMPION = "champion"
        CANDIDATE = "candidate"

    name = models.CharField(max_length=16, choices=Name.choices, unique=True)
    version = models.ForeignKey(ModelVersion, on_delete=models.PROTECT, related_name="aliases")
    moved_at = models.DateTimeField(auto_now=True)

    class Meta:
        verbose_name_plural = "model aliases"
        constraints = [
            models.CheckConstraint(
                condition=Q(name__in=["champion", "candidate"]), name="alias_is_known"
            )
        ]

    def __str__(self) -> str:
        return f"{self.name} -> {self.version}"


class AliasMoveQuerySet(models.QuerySet["AliasMove"]):
    def update(self, **values: Any) -> int:
        raise AppendOnly("The history of models is written once and never changed.")

    def delete(self) -> tuple[int, dict[str, int]]:
        raise AppendOnly("The history of models is never deleted.")


class AliasMove(models.Model):
    """The record of one move of an alias: who, when, from, to, why. Written once."""

    alias = models.CharField(max_length=16, choices=ModelAlias.Name.choices)
    #: Null for the first move.
    previous = models.ForeignKey(
        ModelVersion, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    version = models.ForeignKey(ModelVersion, on_delete=models.PROTECT, related_name="moves")
    #: Null where the system moved it, at the end of a training.
    moved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    moved_at = models.DateTimeField(auto_now_add=True)
    reason = models.CharField(max_length=500)
    #: What was known of both when it moved, if they were compared; see training/promotion.py.
    evidence = models.JSONField(default=dict, blank=True)

    objects = AliasMoveQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(alias__in=["champion", "candidate"]), name="moved_alias_is_known"
            ),
            models.CheckConstraint(condition=~Q(reason=""), name="move_has_a_reason"),
        ]

    def __str__(self) -> str:
        return f"{self.alias} -> {self.version}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self._state.adding:
            raise AppendOnly("The history of models is written once and never changed.")
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        raise AppendOnly("The history of models is never deleted.")


class InferenceRun(Run):
    """Predictions of one model version for some faces, or for every face."""

    task, queue = "inference.tasks.predict_faces", "inference"
    event = Webhook.Event.PREDICTION_FINISHED

    version = models.ForeignKey(ModelVersion, on_delete=models.PROTECT, related_name="runs")
    #: Ids of the faces to predict; null means every face.
    face_ids = models.JSONField(null=True, blank=True)
    #: Face id (as text) -> its split in the model's training; faces unseen then are left out.
    splits = models.JSONField(default=dict, blank=True)

    def __str__(self) -> str:
        return f"Inference run {self.pk}"


class PredictionPartQuerySet(models.QuerySet["PredictionPart"]):
    def left(self) -> PredictionPartQuerySet:
        return self.filter(done=False)

    def held_by_helpers(self) -> PredictionPartQuerySet:
        """Return the parts that are under way by helpers who were heard of within the lease."""
        return self.left().filter(by_helper=True, held_at__gte=Now() - PART_LEASE)

    def free(self) -> PredictionPartQuerySet:
        """Return the parts to do that nobody has, or whose helper fell silent."""
        silent = Q(by_helper=True, held_at__lt=Now() - PART_LEASE)
        return self.left().filter(silent | Q(held_at=None))


class PredictionPart(models.Model):
    """A part of a long prediction run that any worker may take; gone when the run has ended.

    The run belongs to one worker, which ends it and does what nobody else does. Others lend a hand:
    a part is theirs by a claim that lapses unless they renew it (see inference/parts.py).
    """

    run = models.ForeignKey(InferenceRun, on_delete=models.CASCADE, related_name="parts")
    #: The least and the greatest id of the part's faces.
    first = models.BigIntegerField()
    last = models.BigIntegerField()
    faces = models.PositiveIntegerField()
    #: Counts the claims, so that who took it knows whether it is still theirs.
    claims = models.PositiveIntegerField(default=0)
    #: When its holder was last heard of, by the database's clock; null: nobody has it.
    held_at = models.DateTimeField(null=True, blank=True)
    #: Whether a helper holds it, who isn't the run's own worker.
    by_helper = models.BooleanField(default=False)
    done = models.BooleanField(default=False)

    objects = PredictionPartQuerySet.as_manager()

    class Meta:
        ordering = ["first"]
        constraints = [
            models.UniqueConstraint(fields=["run", "first"], name="a_part_begins_once"),
            models.CheckConstraint(condition=Q(first__lte=F("last")), name="a_part_has_faces"),
        ]

    def __str__(self) -> str:
        return f"Faces {self.first} to {self.last} of inference run {self.run_id}"

    def take(self, *, by_helper: bool) -> bool:
        """Claim a free part of a run that goes on; returns False if somebody was quicker."""
        free = type(self).objects.free().filter(pk=self.pk, claims=self.claims)
        with unfenced():
            taken = free.filter(**_ITS_RUN_GOES_ON).update(
                held_at=Now(), by_helper=by_helper, claims=F("claims") + 1
            )
        self.claims += taken
        return taken == 1

    def beat(self) -> None:
        """Say that its holder is alive."""
        with unfenced():
            self._mine().update(held_at=Now())

    def finish(self) -> None:
        with unfenced():
            self._mine().update(done=True, held_at=None)

    def give_back(self) -> None:
        with unfenced():
            self._mine().update(held_at=None)

    def is_mine(self) -> bool:
        """Tell whether this worker still has the part, and the run goes on."""
        return self._mine().filter(**_ITS_RUN_GOES_ON).exists()

    def is_locked(self) -> bool:
        """Lock its row until the commit; tell whether this worker has it, and the run goes on."""
        row = self._mine().filter(**_ITS_RUN_GOES_ON).select_for_update(of=("self",)).order_by()
        return row.values_list("pk", flat=True).first() is not None

    def _mine(self) -> PredictionPartQuerySet:
        return type(self).objects.left().filter(pk=self.pk, claims=self.claims)


class PriorRun(Run):
    """Readings of every face by the expression prior, as a coder of its own."""

    task, queue = "inference.tasks.read_by_prior", "inference"

    def __str__(self) -> str:
        return f"Prior run {self.pk}"


class Embedding(models.Model):
    """A few numbers of what a version's trunk saw in a face (`inference.ml.projection`).

    It tells a face apart as a biometric template does: no page, API or export gives it out, and it
    goes with the prediction that it belongs to.
    """

    coding = models.OneToOneField(
        Coding, on_delete=models.CASCADE, primary_key=True, related_name="embedding"
    )
    #: As `inference.embeddings` packs it.
    vector = models.BinaryField()

    def __str__(self) -> str:
        return f"Embedding of {self.coding_id}"


class Explanation(Run):
    """A map of where in a face's picture a model's evidence for an answer lay; made once, kept."""

    task, queue = "inference.tasks.explain_face", "inference"

    face = models.ForeignKey(Face, on_delete=models.CASCADE, related_name="explanations")
    version = models.ForeignKey(ModelVersion, on_delete=models.CASCADE, related_name="explanations")
    #: "emotion:negative" or "au:12".
    target = models.CharField(max_length=24)
    image = models.FileField(upload_to="explanations", max_length=200, blank=True)
    #: What the caption tells; see inference/ml/explain.py.
    facts = models.JSONField(default=dict, blank=True)

    class Meta(Run.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["face", "version", "target"], name="one_explanation_per_answer"
            )
        ]

    def __str__(self) -> str:
        return f"Explanation {self.pk}"

    @property
    def label(self) -> str:
        """The name of the answer that is explained, such as "AU12" or "negative"."""
        kind, _, name = self.target.partition(":")
        return f"AU{name}" if kind == "au" else name
