"""Losses, metrics and learning rate by epoch, for each fit of a training, as a run keeps them."""

from __future__ import annotations

from collections.abc import Mapping

#: Epochs that a curve keeps at most; of a longer one every second epoch is left out, again and
#: again, but never the best.
MOST_POINTS = 200
_DIGITS = 5

#: Series by name, each as long as "epoch".
Curve = dict[str, list[float]]


class Curves:
    """The curves of a training's fits, by stage."""

    def __init__(self) -> None:
        self._curves: dict[str, Curve] = {}

    def add(self, stage: str, epoch: int, values: Mapping[str, float]) -> None:
        """Add an epoch; the first one begins the stage's curve anew.

        Parameters
        ----------
        stage
            The fit's stage, such as "fold 1 of 5".
        epoch
            Its number, from 1.
        values
            Losses, metrics and the rate.
        """
        if epoch == 1:
            self._curves[stage] = {}
        curve = self._curves.setdefault(stage, {})
        for name, value in ({"epoch": epoch} | dict(values)).items():
            curve.setdefault(name, []).append(float(f"{value:.{_DIGITS}g}"))
        if len(curve["epoch"]) > MOST_POINTS:
            best = best_epoch(curve)
            kept = [
                at
                for at, number in enumerate(curve["epoch"])
                if at % 2 == 0 or (best is not None and number == best[0])
            ]
            self._curves[stage] = {
                name: [series[at] for at in kept] for name, series in curve.items()
            }

    def of(self, stage: str) -> Curve:
        """Return the curve of a stage; empty where it has none."""
        return self._curves.get(stage, {})

    def to_json(self) -> dict[str, Curve]:
        """Return the curves by stage, in the order of their beginning."""
        return self._curves


def best_epoch(curve: Curve) -> tuple[int, float] | None:
    """Return the epoch with the least validation loss, and that loss; None without any.

    Parameters
    ----------
    curve
        Series by name.
    """
    losses = curve.get("val_loss")
    if not losses:
        return None
    loss = min(losses)
    return int(curve["epoch"][losses.index(loss)]), loss
