"""A training's curves as small panels of lines, ready to draw. No Django."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from training.ml.curves import Curve, best_epoch

WIDTH, HEIGHT = 300, 120
#: Series of a panel: (name, what it is called, whose style it has).
_LOSSES = (
    ("loss", "learning faces", "first"),
    ("val_loss", "stopping faces", "second"),
)
_METRICS = (
    ("val_emotion_accuracy", "emotion accuracy", "first"),
    ("val_action_units_f1", "AU micro F1", "second"),
)
_RATE = (("learning_rate", "learning rate", "first"),)


@dataclass(frozen=True)
class Line:
    """One series as the points of a polyline."""

    name: str
    style: str
    points: str
    last: str


@dataclass(frozen=True)
class Panel:
    """A WIDTH x HEIGHT box with lines, and what its axes say."""

    title: str
    lines: list[Line]
    top: str
    bottom: str
    first: int
    last: int


@dataclass(frozen=True)
class Fit:
    """The row of a fit in the table beside the curves; None where a figure isn't known."""

    name: str
    epochs: int
    best: int | None
    loss: float | None
    val_loss: float | None
    accuracy: float | None
    f1: float | None


@dataclass(frozen=True)
class CurvePage:
    """The curves of a training as a page shows them: panels by what they show, and a table."""

    losses: list[Panel]
    metrics: list[Panel]
    rates: list[Panel]
    fits: list[Fit]


def curve_page(curves: Mapping[str, Curve]) -> CurvePage | None:
    """Return the panels and the table; None where no fit has had two epochs yet.

    Loss panels share one scale, so that folds can be compared; metrics go from 0 to 1.

    Parameters
    ----------
    curves
        As `training.ml.curves` keeps them.
    """
    drawn = {name: curve for name, curve in curves.items() if len(curve.get("epoch", ())) > 1}
    if not drawn:
        return None
    losses = [
        value for curve in drawn.values() for name, _, _ in _LOSSES for value in curve.get(name, ())
    ]
    highest = max(losses, default=1.0) or 1.0
    rates = [value for curve in drawn.values() for value in curve.get("learning_rate", ())]
    # One rate for all fits of a kind: they have the same schedule.
    kinds = {name.split(" ")[0]: (name, curve) for name, curve in reversed(drawn.items())}
    return CurvePage(
        losses=_panels(drawn, _LOSSES, highest),
        metrics=_panels(drawn, _METRICS, 1.0),
        rates=_panels(dict(reversed(kinds.values())), _RATE, max(rates, default=0.0) or 1.0),
        fits=[_fit(name, curve) for name, curve in drawn.items()],
    )


def _panels(
    curves: Mapping[str, Curve], series: Sequence[tuple[str, str, str]], highest: float
) -> list[Panel]:
    panels = []
    for fit, curve in curves.items():
        lines = [
            Line(label, style, _points(curve[name], highest), f"{curve[name][-1]:.3g}")
            for name, label, style in series
            if curve.get(name)
        ]
        if lines:
            first, last = int(curve["epoch"][0]), int(curve["epoch"][-1])
            panels.append(Panel(fit, lines, f"{highest:.2g}", "0", first, last))
    return panels


def _fit(name: str, curve: Curve) -> Fit:
    best = best_epoch(curve)
    at = curve["epoch"].index(best[0]) if best else -1

    def figure(series: str) -> float | None:
        return curve[series][at] if curve.get(series) else None

    return Fit(
        name=name,
        epochs=int(curve["epoch"][-1]),
        best=best[0] if best else None,
        loss=figure("loss"),
        val_loss=figure("val_loss"),
        accuracy=figure("val_emotion_accuracy"),
        f1=figure("val_action_units_f1"),
    )


def _points(values: Sequence[float], highest: float) -> str:
    across = WIDTH / max(len(values) - 1, 1)
    return " ".join(
        f"{at * across:.1f},{HEIGHT - HEIGHT * min(max(value / highest, 0), 1):.1f}"
        for at, value in enumerate(values)
    )
