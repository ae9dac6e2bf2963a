"""Tables of trainings, of what compares and watches their versions, and of notes on them."""

from training.models.cards import LONGEST_NOTE, CardNote
from training.models.comparisons import ComparedCoder, Comparison
from training.models.drift import DriftCheck
from training.models.mirror import MlflowDelivery
from training.models.runs import (
    FairnessReport,
    RunNote,
    TrainingRun,
    label_of,
)

__all__ = [
    "LONGEST_NOTE",
    "CardNote",
    "ComparedCoder",
    "Comparison",
    "DriftCheck",
    "FairnessReport",
    "MlflowDelivery",
    "RunNote",
    "TrainingRun",
    "label_of",
]
