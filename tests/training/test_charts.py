"""Figures become lengths, words and shades."""

from tests.factories import metrics
from training.dashboard import dashboard_of
from training.loss_curve import loss_curve
from training.ml.metrics import Metrics


def test_confusion_is_shaded_by_share_of_the_row():
    cell = dashboard_of(Metrics.from_json(metrics()), "test").confusion[0].cells[0]
    assert (cell.count, cell.percent, cell.shade, cell.is_right) == (27, 90, 8, True)


def test_left_out_unit_is_greyed_with_its_reason():
    bar = dashboard_of(Metrics.from_json(metrics()), "test").units[0]
    assert bar.greyed
    assert "2 faces of at least 5" in bar.note


def test_no_figures_make_an_empty_board():
    board = dashboard_of(Metrics(), "test")
    assert board.headlines == []
    assert board.groups == []


def test_curve_needs_two_epochs():
    assert loss_curve({}) is None
    assert loss_curve({"loss": [1.0]}) is None
    curve = loss_curve({"loss": [1.0, 0.5], "val_loss": [1.2, 0.6]})
    assert [line.points for line in curve.lines] == [
        "0.0,33.3 600.0,116.7",
        "0.0,0.0 600.0,100.0",
    ]
