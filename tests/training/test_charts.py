"""Figures become lengths, words and shades."""

from tests.factories import metrics
from training.bars import Whisker, unit_bar
from training.dashboard import dashboard_of
from training.loss_curve import loss_curve
from training.ml.metrics import Interval, Metrics, UnitFigures


def test_confusion_is_shaded_by_share_of_the_row():
    cell = dashboard_of(Metrics.from_json(metrics()), "test").confusion[0].cells[0]
    assert (cell.count, cell.percent, cell.shade, cell.is_right) == (27, 90, 8, True)


def test_of_a_unit_that_few_faces_show_nothing_is_said():
    """Neither 0 nor 1: both would be chance."""
    bar = dashboard_of(Metrics.from_json(metrics()), "test").units[0]
    assert (bar.greyed, bar.percent, bar.text) == (True, 0, "–")
    assert bar.note == "too few to say: present on 2 faces, of at least 10"


def test_a_bar_has_its_interval_and_the_figure_of_always_saying_so():
    row = UnitFigures(
        f1=0.8,
        support=30,
        intervals={"f1": Interval(0.8, 0.71, 0.87), "base_rate": Interval(0.25)},
    )
    bar = unit_bar(12, row)
    assert bar.whisker == Whisker(71, 87)
    assert bar.baseline == 40  # precision 0.25, recall 1
    assert bar.note == "95 % interval 0.71 to 0.87; present on 30 faces"
    older = unit_bar(12, UnitFigures(f1=0.8, support=30))
    assert (older.whisker, older.baseline, older.note) == (None, None, "present on 30 faces")


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
