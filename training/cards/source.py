"""The records that a card or a data sheet is made of, already read. No Django."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from training.ml.data_facts import DataFacts
from training.ml.fairness_figures import Fairness
from training.ml.metrics import Metrics


@dataclass(frozen=True)
class Promotion:
    """A move of the champion's alias to a model."""

    at: datetime
    by: str
    previous: str
    reason: str


@dataclass(frozen=True)
class TrainingRecord:
    """The run that made a model.

    Attributes
    ----------
    asked_by
        Empty where nobody is known.
    seconds
        None where it was not measured.
    data, fairness
        None in runs of before these were measured.
    """

    number: int
    asked_by: str = ""
    asked_at: datetime | None = None
    ended_at: datetime | None = None
    seconds: float | None = None
    config: dict[str, Any] = field(default_factory=dict)
    dataset_sha256: str = ""
    snapshot_sha256: str = ""
    metrics: Metrics = field(default_factory=Metrics)
    data: DataFacts | None = None
    fairness: Fairness | None = None


@dataclass(frozen=True)
class ModelRecord:
    """A model version.

    Attributes
    ----------
    manifest
        The artefact's, as registered; a part of it may be missing.
    parent, differences
        The champion when it was asked for, and what differs from it, in words.
    code
        The code that trained it, in words.
    promotions
        When it became the champion, the first first.
    files
        What protects the artefact's files, in words; empty where they are not at hand.
    admins
        Number of people who may promote it.
    drawn_share
        Of the faces that it learnt from, drawings of nobody; None where nobody knows.
    """

    name: str
    sha256: str
    registered_at: datetime
    aliases: tuple[str, ...] = ()
    manifest: dict[str, Any] = field(default_factory=dict)
    parent: str = ""
    differences: tuple[str, ...] = ()
    code: str = ""
    promotions: tuple[Promotion, ...] = ()
    files: str = ""
    admins: int = 0
    drawn_share: float | None = None


@dataclass(frozen=True)
class CardSource:
    """A model and the training that made it; None where no run is known.

    Attributes
    ----------
    tells_agreement
        Whether the reader may see how coders agree.
    withdrawn
        The subjects that it learnt from and who have withdrawn since.
    """

    model: ModelRecord
    training: TrainingRecord | None = None
    tells_agreement: bool = True
    withdrawn: int = 0

    @property
    def metrics(self) -> Metrics:
        """The figures of the training; empty ones without any."""
        return self.training.metrics if self.training else Metrics()

    @property
    def data(self) -> DataFacts | None:
        """The facts of its data."""
        return self.training.data if self.training else None


@dataclass(frozen=True)
class SheetSource:
    """A training's data, and the models that were made of them.

    Attributes
    ----------
    tells_agreement
        Whether the reader may see how coders agree.
    """

    training: TrainingRecord
    models: tuple[str, ...] = ()
    admins: int = 0
    tells_agreement: bool = True
