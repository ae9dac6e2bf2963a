"""A threshold's move, and what it does to the faces. No Django."""

from __future__ import annotations

from dataclasses import dataclass

from training.figures.bars import score_text
from training.ml.curve_figures import CurveFigures, threshold_at


@dataclass(frozen=True)
class Move:
    """A threshold's move from one step to another, and what it does to the faces."""

    au: int
    figures: CurveFigures
    now: int
    then: int

    @property
    def current(self) -> float:
        return threshold_at(self.now)

    @property
    def chosen(self) -> float:
        return threshold_at(self.then)

    @property
    def finds_more(self) -> bool:
        return self.then < self.now

    @property
    def changed(self) -> int:
        """The faces on which the answer changes."""
        return abs(self.figures.found[self.then] - self.figures.found[self.now])

    @property
    def showing(self) -> int:
        """The faces among these that show the unit."""
        return abs(self.figures.hits[self.then] - self.figures.hits[self.now])

    @property
    def without(self) -> int:
        return self.changed - self.showing

    @property
    def bounds(self) -> tuple[float, float]:
        """The probabilities of the faces that change: from the first to below the second."""
        return threshold_at(min(self.now, self.then)), threshold_at(max(self.now, self.then))

    @property
    def rows(self) -> list[tuple[str, str, str]]:
        """Name, figure now and then."""
        before, after = self.figures.counts_at(self.now), self.figures.counts_at(self.then)
        scores = ("precision", "recall", "f1", "specificity")
        counts = {
            "Faces found": "found",
            "of these, show it": "hits",
            "Missed": "misses",
        }
        return [
            ("Threshold", f"{self.current:.2f}", f"{self.chosen:.2f}"),
            *(
                (
                    "F1" if name == "f1" else name.capitalize(),
                    score_text(getattr(before, name)),
                    score_text(getattr(after, name)),
                )
                for name in scores
            ),
            *(
                (label, str(getattr(before, name)), str(getattr(after, name)))
                for label, name in counts.items()
            ),
        ]
