"""The contents of an agreement report: frozen values for pages and the CSV."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from annotations.agreement.standing import LeftOut
from annotations.measures.bootstrap import Estimate
from annotations.measures.certification import Verdict, verdict_on
from annotations.models import Coder

#: With fewer subjects than this, percentile intervals tend to be too narrow.
FEWEST_SUBJECTS = 20

#: Field of a row's figures -> its name on the page.
STATISTICS = {
    "agreement": "Agreement",
    "kappa": "Cohen’s κ",
    "ac1": "Gwet’s AC1",
    "alpha": "Krippendorff’s α",
    "wexler": "Wexler’s ratio",
    "icc": "ICC(2,1)",
}
_NOTHING = Estimate(float("nan"), float("nan"), float("nan"))


@dataclass(frozen=True)
class Row:
    """Figures of one thing that was coded."""

    key: str
    label: str
    name: str
    #: Faces that two coders or more coded for this, and their subjects.
    faces: int
    subjects: int
    #: Faces on which at least one coder saw it (intensity: gave more than 0).
    positives: int
    #: Share of "present", or of the commonest class, in all ratings; NaN where it means nothing.
    prevalence: float
    #: Faces that count for ICC.
    graded: int = 0
    too_few: bool = False
    figures: Mapping[str, Estimate] = field(default_factory=dict)

    def figure(self, statistic: str) -> Estimate:
        """Return a figure by its name in `STATISTICS`; an undefined one where the row has none."""
        return self.figures.get(statistic, _NOTHING)


@dataclass(frozen=True)
class PairRow:
    """Figures for two of several coders."""

    first: Coder
    second: Coder
    faces: int
    wexler: Estimate
    emotion_kappa: Estimate

    @property
    def are_people(self) -> bool:
        """True if both are people."""
        return self.first.kind == self.second.kind == Coder.Kind.HUMAN

    @property
    def verdict(self) -> Verdict | None:
        """The verdict, for people alone: certification is about them."""
        return verdict_on(self.wexler) if self.are_people else None


@dataclass(frozen=True)
class Report:
    """The agreement of coders on what at least two of them coded."""

    coders: tuple[Coder, ...]
    faces: int
    subjects: int
    units: tuple[Row, ...] = ()
    #: All action units together: a case is one unit on one face.
    all_units: Row | None = None
    emotion: Row | None = None
    intensity: Row | None = None
    pairs: tuple[PairRow, ...] = ()
    #: Faces that only one of the coders coded: they count towards the categories' shares alone.
    alone: int = 0
    #: People's codings of the faces in common, and how many of them were given blind.
    by_people: int = 0
    blind: int = 0
    left_out: LeftOut = field(default_factory=LeftOut)

    @property
    def rows(self) -> list[Row]:
        """All rows in the order of the table, without what no two coders coded."""
        summaries = [row for row in (self.all_units, self.emotion, self.intensity) if row]
        return [*summaries, *self.units]

    @property
    def pair(self) -> PairRow | None:
        """The pair of coders, where there are only two."""
        return self.pairs[0] if len(self.pairs) == 1 else None
