"""The curves that a run keeps of its fits."""

from training.ml.curves import MOST_POINTS, Curves, best_epoch
from training.runs.curve_panels import curve_page


def test_long_fits_are_thinned_and_short_ones_kept():
    curves = Curves()
    for epoch in range(1, 1001):
        curves.add("fold 1 of 5", epoch, {"loss": 1 / epoch, "val_loss": abs(epoch - 601) + 1})
    curves.add("fold 2 of 5", 1, {"loss": 0.123456789})
    kept = curves.to_json()["fold 1 of 5"]
    assert len(kept["epoch"]) == len(kept["loss"]) <= MOST_POINTS
    assert (kept["epoch"][0], kept["epoch"][-1]) == (1, kept["epoch"][-1])
    assert kept["epoch"][-1] > 950
    assert curves.of("fold 2 of 5")["loss"] == [0.12346]
    assert best_epoch(kept) == (601, 1.0)
    curves.add("fold 1 of 5", 1, {"loss": 2.0})  # begun anew
    assert curves.of("fold 1 of 5")["epoch"] == [1]


def test_panels_share_the_scale_of_losses():
    assert curve_page({"fold 1 of 5": {"epoch": [1], "loss": [1.0]}}) is None
    curves = {
        "fold 1 of 5": {"epoch": [1, 2], "loss": [4.0, 2.0], "val_loss": [4.0, 3.0]},
        "fold 2 of 5": {"epoch": [1, 2], "loss": [2.0, 1.0], "val_loss": [2.0, 2.5]},
    }
    page = curve_page(curves)
    assert [panel.top for panel in page.losses] == ["4", "4"]
    assert page.losses[1].lines[0].points == "0.0,60.0 300.0,90.0"
    assert [(fit.name, fit.epochs, fit.best) for fit in page.fits] == [
        ("fold 1 of 5", 2, 2), ("fold 2 of 5", 2, 1),
    ]  # fmt: skip
