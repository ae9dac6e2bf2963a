"""Events that webhooks may be told of, and the data that each message carries.

An event holds ids and states only: never a face, a label or a person's name. Its fields are the
`data` of the message's body, so renaming one breaks receivers.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import ClassVar

from facsweb.webhooks.models import Webhook


@dataclass(frozen=True)
class Event:
    """Something that happened. `name` is sent in the body as `event`."""

    name: ClassVar[str]

    def data(self) -> dict[str, int | str]:
        return asdict(self)


@dataclass(frozen=True)
class TrainingFinished(Event):
    """A training has ended, well or not.

    Parameters
    ----------
    id
        Of the training run.
    status
        `succeeded`, `failed` or `cancelled`.
    """

    name = Webhook.Event.TRAINING_FINISHED
    id: int
    status: str


@dataclass(frozen=True)
class PredictionFinished(Event):
    """A model's prediction of some faces, or of every face, has ended, well or not.

    Parameters
    ----------
    id
        Of the inference run.
    status
        `succeeded`, `failed` or `cancelled`.
    """

    name = Webhook.Event.PREDICTION_FINISHED
    id: int
    status: str


@dataclass(frozen=True)
class ReviewFinished(Event):
    """Somebody has decided on a face, or taken a decision back.

    Parameters
    ----------
    id
        Of the review.
    face
        Id of the face.
    decision
        One of Review.Decision, such as `accept_model`.
    """

    name = Webhook.Event.REVIEW_FINISHED
    id: int
    face: int
    decision: str


@dataclass(frozen=True)
class BulkReviewFinished(Event):
    """Somebody has decided on many faces at once; there is no event for each.

    Parameters
    ----------
    bulk
        Id of the bulk action.
    faces
        How many faces it decided on.
    decision
        The decision on each, such as `accept_model`.
    """

    name = Webhook.Event.REVIEW_FINISHED
    bulk: int
    faces: int
    decision: str


#: The events of runs, by the name that their classes give as `event`.
OF_RUNS: dict[str, type[TrainingFinished] | type[PredictionFinished]] = {
    event.name: event for event in (TrainingFinished, PredictionFinished)
}
