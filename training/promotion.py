"""Promotion behind a gate: a version becomes the champion once what would fall is known.

The one place that pages and the API ask. `inference.registry` moves the alias and keeps the record;
going back needs no gate, as it must be quick.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone

from annotations.models import Face
from facsweb.problems import Conflict
from inference import registry
from inference.models import ModelAlias, ModelVersion
from inference.permissions import model_policy
from training.comparisons.services import has_changed, last_of, latest_of, request_comparison
from training.ml.guard import Fall, falls, judge_first
from training.ml.metrics import Metrics
from training.models import Comparison
from training.withheld import check_nothing_hidden

#: A comparison this young serves although labels changed since: labelling goes on meanwhile.
FRESH = timedelta(hours=1)
NOTHING_IN_COMMON = "No labelled face was read by both, so nothing is known of what would fall"


class ComparisonNeeded(Conflict):
    """A promotion of which nobody can know yet what would fall."""

    code = "comparison_needed"


class GuardedMetricFalls(Conflict):
    """A promotion by which a guarded figure falls, and that nobody has confirmed."""

    code = "guarded_metric_falls"

    def __init__(self, told: tuple[str, ...]) -> None:
        super().__init__(
            f"Nothing is changed yet: {'; '.join(told)}. Confirm it (accept_falls) and say in the "
            "reason why it is worth it, or leave the champion as it is.",
            {"accept_falls": list(told)},
        )


class LearntFromDrawings(Conflict):
    """A promotion of a version that learnt from drawn faces, to read photographs."""

    code = "learnt_from_drawings"

    def __init__(self, told: str) -> None:
        super().__init__(
            f"Nothing is changed yet: {told} Confirm it (accept_drawn) and say in the reason why "
            "it is worth it, or train on photographs first.",
            {"accept_drawn": [told]},
        )


@dataclass(frozen=True)
class Gate:
    """Knowledge of a version beside the champion.

    Attributes
    ----------
    champion
        None where there is none yet: then nothing is in the way.
    comparison
        The latest that succeeded of the champion and the version; None without any.
    latest
        The latest, however it stands: maybe under way, or failed.
    has_changed
        Whether labels or readings changed since `comparison`.
    is_stale
        Whether it is too old, too, to promote by.
    falls
        The guarded figures that fall.
    drawn
        What is to be known of a version that learnt from drawn faces; empty of others, and where
        there are no photographs.
    """

    champion: ModelVersion | None
    comparison: Comparison | None = None
    latest: Comparison | None = None
    has_changed: bool = False
    is_stale: bool = False
    falls: tuple[Fall, ...] = ()
    drawn: str = ""

    @property
    def needs_comparison(self) -> bool:
        return self.champion is not None and (self.comparison is None or self.is_stale)

    @property
    def to_confirm(self) -> tuple[str, ...]:
        """Sentences to be confirmed; empty where nothing falls."""
        if self.comparison is not None and not self.faces:
            return (NOTHING_IN_COMMON,)
        return tuple(fall.words for fall in self.falls)

    @property
    def faces(self) -> int:
        found = self.comparison.found if self.comparison else None
        return found.faces if found else 0

    @property
    def evidence(self) -> dict[str, Any]:
        """The part that the history keeps."""
        drawn = {"drawn_accepted": self.drawn} if self.drawn else {}
        if self.comparison is None:
            return drawn
        return drawn | {
            "comparison": self.comparison.pk,
            "faces": self.faces,
            "preprocessing_versions": [
                side.preprocessing_version for side in self.comparison.sides.all()
            ],
            "falls_accepted": [fall.to_json() for fall in self.falls],
        }


def gate_of(version: ModelVersion) -> Gate:
    """Return what stands between a version and the champion's place."""
    champion, drawn = registry.champion(), drawn_warning(version)
    if champion is None or champion.pk == version.pk:
        return Gate(None, drawn=drawn)
    both = (champion.coder, version.coder)
    comparison, latest = last_of(both), latest_of(both)
    if comparison is None or comparison.found is None:
        return Gate(champion, latest=latest, drawn=drawn)
    changed = has_changed(comparison, exact=True)
    ended = comparison.finished_at or comparison.created_at
    return Gate(
        champion,
        comparison,
        latest,
        has_changed=changed,
        is_stale=changed and timezone.now() - ended > FRESH,
        falls=falls(comparison.found),
        drawn=drawn,
    )


def drawn_warning(version: ModelVersion) -> str:
    """Say what is to be known before a version that learnt from drawn faces reads photographs.

    Empty of a version that didn't, and where every face is drawn.
    """
    photographs = Face.objects.filter(is_drawn=False).count() if version.drawn_in_words else 0
    if not photographs:
        return ""
    here = (
        "1 face here is a photograph"
        if photographs == 1
        else (f"{photographs:,} faces here are photographs")
    )
    return (
        f"{version} {version.drawn_in_words}, and {here}: what it says of photographs may be no "
        "better than chance, however sure it is."
    )


@dataclass(frozen=True)
class WayBack:
    """Knowledge of the former champion beside the champion: what going back would bring.

    It stands in nobody's way: going back must be quick.

    Attributes
    ----------
    former
        The champion before.
    comparison
        The latest that succeeded of just these two; None without any.
    falls
        The guarded figures that would fall.
    """

    former: ModelVersion
    comparison: Comparison | None = None
    falls: tuple[Fall, ...] = ()


def way_back() -> WayBack | None:
    """Return what is known of going back to the former champion; None where there is none."""
    last = registry.former_champion_move()
    if last is None or last.previous is None:
        return None
    former, current = last.previous, last.version
    ways = [(current.coder, former.coder), (former.coder, current.coder)]
    made = [found for each in ways if (found := last_of(each)) is not None and found.found]
    if not made:
        return WayBack(former)
    comparison = max(made, key=lambda each: each.pk)
    figures = comparison.found
    assert figures is not None
    is_back = comparison.sides.all()[0].coder_id == current.coder_id
    return WayBack(former, comparison, falls(figures if is_back else figures.reversed()))


def promote(
    version: ModelVersion,
    user: User,
    reason: str,
    *,
    accept_falls: bool = False,
    accept_drawn: bool = False,
) -> None:
    """Make `version` the champion, once it was compared with the one there is.

    Parameters
    ----------
    reason
        As `inference.registry.promote` takes it.
    accept_falls
        Whether the user knows, and accepts, which guarded figures fall.
    accept_drawn
        Whether they know, and accept, that a version that learnt from drawn faces reads
        photographs.

    Raises
    ------
    Forbidden
    CodeFirst
        The comparison that is the gate would tell of faces that the user has yet to code blind.
    InvalidReason
    ModelOutdated
        It can't read pictures any more.
    ComparisonNeeded
        Both were not compared, or so long ago that labels have changed.
    GuardedMetricFalls
        A guarded figure falls, or no face could be compared, and that isn't accepted.
    LearntFromDrawings
        It learnt from drawn faces, there are photographs, and that isn't accepted.
    """
    model_policy.check(user, "promote")
    check_nothing_hidden(user)
    reason = registry.checked_reason(reason)
    registry.check_reads_pictures(version)
    with transaction.atomic():
        # The champion that it was compared with is the one that it replaces.
        list(ModelAlias.objects.select_for_update().filter(name=ModelAlias.Name.CHAMPION))
        gate = gate_of(version)
        if gate.needs_comparison:
            raise ComparisonNeeded(_how_to_compare(gate, version))
        if gate.to_confirm and not accept_falls:
            raise GuardedMetricFalls(gate.to_confirm)
        if gate.drawn and not accept_drawn:
            raise LearntFromDrawings(gate.drawn)
        registry.promote(version, user, reason, gate.evidence)


def compare_with_champion(version: ModelVersion, user: User | None) -> Comparison | None:
    """Have a version compared with the champion; None where there is no other to compare with."""
    champion = registry.champion()
    if champion is None or champion.pk == version.pk:
        return None
    return request_comparison(user, (champion.coder, version.coder))


def crown_first(version: ModelVersion, metrics: Metrics) -> None:
    """Make `version` the champion where none reads pictures, if it beats constant answers.

    Never one that learnt from drawn faces where there are photographs: somebody has to want that.
    The caller is in a transaction.
    """
    before = registry.champion()
    if before is not None and not before.is_outdated:
        return
    verdict = judge_first(metrics)
    if verdict.passes and not drawn_warning(version):
        why = f"{before} can’t read pictures any more" if before else "There was no champion"
        registry.crown(version, None, f"{why}, and {verdict.words}.")


def _how_to_compare(gate: Gate, version: ModelVersion) -> str:
    assert gate.champion is not None
    if gate.latest is not None and gate.latest.is_active:
        return (
            f"{version} is being compared with the champion, {gate.champion} (comparison "
            f"{gate.latest.pk}). Promote it when that has ended."
        )
    why = (
        f"Labels or readings have changed since {version} was compared with the champion, "
        f"{gate.champion}."
        if gate.is_stale
        else f"{version} hasn’t been compared with the champion, {gate.champion}, yet."
    )
    coders = f"[{gate.champion.coder_id}, {version.coder_id}]"
    return (
        f"{why} Have them compared on the promotion page, or by POST /api/v1/comparisons/ with "
        f'{{"coders": {coders}}}; it takes seconds. Then promote it.'
    )
