"""Comparisons of coders: the run, and each coder's place in it."""

from __future__ import annotations

from django.db import models
from django.db.models import F

from annotations.models import Coder
from facsweb.jobs.models import Run
from training.ml.compared import ComparisonFigures


class Comparison(Run):
    """Two to five coders beside one another on the same faces; the first is what others meet."""

    #: Any worker of the data queue can do it: a training must not keep it waiting.
    task, queue = "training.tasks.compare_coders", "data"

    coders: models.ManyToManyField[Coder, ComparedCoder] = models.ManyToManyField(
        Coder, through="ComparedCoder", related_name="comparisons"
    )
    #: As training/ml/compared.py writes it; read it by `found`.
    figures = models.JSONField(null=True, blank=True)
    #: One for each coder but the first: faces that moved, as training/ml/compared.py writes it.
    moves = models.JSONField(default=list, blank=True)
    #: What the labels and readings were: see training/comparisons/state.py.
    state = models.JSONField(default=dict, blank=True)

    def __str__(self) -> str:
        return f"Comparison {self.pk}"

    @property
    def found(self) -> ComparisonFigures | None:
        """The figures; None until it has succeeded."""
        return None if self.figures is None else ComparisonFigures.from_json(self.figures)


class ComparedCoderQuerySet(models.QuerySet["ComparedCoder"]):
    def with_coder(self) -> ComparedCoderQuerySet:
        """Read the coders too, and by which preprocessing version and framing each model sees."""
        manifest = "coder__model_version__manifest__"
        # By a dictionary, as mypy would take a name for another declaration of the attribute.
        told = {name: F(f"{manifest}{name}") for name in ("preprocessing_version", "framing")}
        return self.select_related("coder").annotate(**told)


class ComparedCoder(models.Model):
    """One coder's place in a comparison, and what its readings there are."""

    comparison = models.ForeignKey(Comparison, on_delete=models.CASCADE, related_name="sides")
    coder = models.ForeignKey(Coder, on_delete=models.PROTECT, related_name="+")
    #: 0 is the first, which the others are compared with.
    place = models.PositiveSmallIntegerField()
    #: Counts of its codings, as training/comparisons/data.py takes them.
    about = models.JSONField(default=dict, blank=True)

    #: Of a model version trained here, set by `with_coder`; people, imports and models from outside
    #: have none that is known.
    preprocessing_version: int | None = None
    #: How much of a face's surroundings a crop of its holds (`inference.ml.framing`); likewise.
    framing: str | None = None

    objects = ComparedCoderQuerySet.as_manager()

    class Meta:
        ordering = ["comparison", "place"]
        constraints = [
            models.UniqueConstraint(fields=["comparison", "place"], name="one_coder_per_place"),
            models.UniqueConstraint(fields=["comparison", "coder"], name="compared_once"),
        ]

    def __str__(self) -> str:
        return f"{self.coder} in comparison {self.comparison_id}"
