"""A progress bar for people waiting at a terminal."""

from __future__ import annotations

from types import TracebackType

from tqdm import tqdm


class StageBar:
    """A bar that begins anew with each stage; in a log file it shows nothing.

    It is called with how much is done, how much there is, and the stage where there are several.
    """

    def __init__(self, label: str) -> None:
        self._label = label
        self._stage = ""
        self._bar: tqdm[None] = tqdm(desc=label, leave=False, disable=None)

    def __enter__(self) -> StageBar:
        return self

    def __call__(self, done: int, total: int, stage: str = "") -> None:
        if stage != self._stage:
            self._stage = stage
            self._bar.set_description(f"{self._label}: {stage}", refresh=False)
            self._bar.reset(total)
        self._bar.total = total
        self._bar.update(done - self._bar.n)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._bar.close()
