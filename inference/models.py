"""Models: immutable versions, movable aliases, and the runs that ask them."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q

from annotations.models import Coder, Coding, Face
from facsweb.jobs.models import Run
from facsweb.problems import AppendOnly
from facsweb.webhooks.models import Webhook
from inference.artefacts import is_anywhere
from inference.ml.asked_in import Asked, asked
from inference.ml.precision import Precision
from inference.ml.preprocessing import PREPROCESSING_VERSION
from inference.parts import PredictionPart as PredictionPart  # one of this app's tables


class ModelVersion(models.Model):
    """One trained network: an artefact folder that never changes, and its coder."""

    name = models.CharField(max_length=64, unique=True)
    sha256 = models.CharField(max_length=64, unique=True)
    #: Folder name under MODELS_ROOT.
    folder = models.CharField(max_length=64, unique=True)
    manifest = models.JSONField()
    #: The digest of its graphs as they were made with it; empty where nobody knows it.
    graphs_sha256 = models.CharField(max_length=64, blank=True, default="")
    coder = models.OneToOneField(Coder, on_delete=models.PROTECT, related_name="model_version")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-pk"]

    def __str__(self) -> str:
        return self.name

    @property
    def path(self) -> Path:
        """Its folder on this machine, which may not be there (`inference.artefact_copies`)."""
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
        """Whether the files of a version that was trained are gone, such as by its age."""
        return bool(self.manifest.get("network_sha256")) and not is_anywhere(self.folder)

    @cached_property
    def withdrawn_marks(self) -> list[WithdrawnFaces]:
        """The marks of subjects that it learnt from and who have withdrawn since."""
        return list(self.withdrawn.all())

    @property
    def keeps_embeddings(self) -> bool:
        """Whether it can tell what it sees in a face; versions of before can't."""
        return bool(self.manifest.get("projection_sha256"))

    @property
    def asked(self) -> Asked:
        """The numbers in which it is asked here, and why."""
        exact = settings.PREDICTION_PRECISION == Precision.FP32
        return asked(self.manifest, exact=exact)

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
