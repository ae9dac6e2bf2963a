"""Losses by epoch as lines ready to draw. No Django."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

CURVE_WIDTH, CURVE_HEIGHT = 600, 200


@dataclass(frozen=True)
class Line:
    name: str
    label: str
    points: str
    last: str


@dataclass(frozen=True)
class Curve:
    """Loss by epoch as polylines in a CURVE_WIDTH x CURVE_HEIGHT box."""

    lines: list[Line]
    top: str
    bottom: str
    epochs: int


def loss_curve(history: Mapping[str, Sequence[float]] | None) -> Curve | None:
    """Return the curve; None where there is nothing to draw yet (fewer than two epochs)."""
    named = [("loss", "training loss"), ("val_loss", "validation loss")]
    series = [(key, label, list((history or {}).get(key) or [])) for key, label in named]
    series = [item for item in series if len(item[2]) > 1]
    if not series:
        return None
    values = [value for _, _, losses in series for value in losses]
    low, high = min(0.0, *values), max(values) or 1.0
    epochs = max(len(losses) for _, _, losses in series)
    lines = [
        Line(key, label, _points(losses, epochs, low, high), f"{losses[-1]:.3f}")
        for key, label, losses in series
    ]
    return Curve(lines, f"{high:.2f}", f"{low:.2f}", epochs)


def _points(losses: Sequence[float], epochs: int, low: float, high: float) -> str:
    across = CURVE_WIDTH / max(epochs - 1, 1)
    up = CURVE_HEIGHT / ((high - low) or 1.0)
    return " ".join(
        f"{at * across:.1f},{abs(CURVE_HEIGHT - (loss - low) * up):.1f}"
        for at, loss in enumerate(losses)
    )
