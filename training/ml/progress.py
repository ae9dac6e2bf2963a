"""The progress of a long job, and its cancellation."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field


class Cancelled(Exception):
    """The training was told to stop; it leaves only cached features and checkpoints behind."""


@dataclass(frozen=True)
class Progress:
    """The progress of a training; epochs count from 1.

    `found` tells that the stage was done by an earlier worker, and is taken from its checkpoint.
    """

    stage: str
    done: int
    total: int
    epoch: int | None = None
    losses: dict[str, float] = field(default_factory=dict)
    found: bool = False


class Watch:
    """A listener that passes progress on, and stops the training when it is told to."""

    def __init__(
        self,
        on_progress: Callable[[Progress], None] = lambda progress: None,
        should_cancel: Callable[[], bool] = lambda: False,
    ) -> None:
        self.on_progress = on_progress
        self.should_cancel = should_cancel

    def __call__(
        self,
        stage: str,
        done: int,
        total: int,
        losses: dict[str, float] | None = None,
        *,
        found: bool = False,
    ) -> None:
        if self.should_cancel():
            raise Cancelled
        epoch = done if losses is not None else None
        self.on_progress(Progress(stage, done, total, epoch, losses or {}, found))
