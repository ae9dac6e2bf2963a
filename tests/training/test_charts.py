"""Figures become lengths, words and shades."""

from dataclasses import replace

from tests.factories import metrics
from training.figures.bars import Whisker
from training.figures.dashboard import dashboard_of
from training.figures.dots import unit_dots
from training.figures.table import tables_of, wexler_note
from training.ml.interval import Interval
from training.ml.metrics import ActionUnitFigures, Metrics, SplitFigures, UnitFigures


def test_confusion_is_shaded_by_share_of_the_row():
    cell = dashboard_of(Metrics.from_json(metrics()), "test").confusion[0].cells[0]
    assert (cell.count, cell.percent, cell.shade, cell.is_right) == (27, 90, 8, True)


def test_of_a_unit_that_few_faces_show_nothing_is_said():
    """Neither 0 nor 1: both would be chance."""
    dot = dashboard_of(Metrics.from_json(metrics()), "test").units[0]
    assert (dot.label, dot.at, dot.text, dot.support) == ("AU11", None, "too few to say", 2)
    row = tables_of(Metrics.from_json(metrics()).test).units[0]
    assert (row.label, row.cells) == ("AU11", [])


UNIT = UnitFigures(
    f1=0.8,
    recall=0.9,
    support=30,
    predicted=35,
    faces=100,
    intervals={"f1": Interval(0.8, 0.71, 0.87), "base_rate": Interval(0.25)},
)


def test_a_dot_has_its_interval_and_the_figure_of_always_saying_so():
    (dot,) = unit_dots({12: UNIT})
    assert (dot.at, dot.whisker, dot.interval) == (80, Whisker(71, 87), "0.71–0.87")
    assert (dot.baseline, dot.baseline_text) == (40, "0.40")  # precision 0.25, recall 1
    (older,) = unit_dots({12: UnitFigures(f1=0.8, support=30)})
    assert (older.at, older.whisker, older.baseline, older.interval) == (80, None, None, "")


def test_units_are_sorted_and_those_too_rare_come_last():
    good, bad, rare = replace(UNIT, f1=0.9), replace(UNIT, f1=0.2), replace(UNIT, support=3)
    units = {1: rare, 2: bad, 4: good}
    for order, labels in {
        "": ["AU1", "AU2", "AU4"],
        "best": ["AU4", "AU2", "AU1"],
        "worst": ["AU2", "AU4", "AU1"],
    }.items():
        assert [dot.label for dot in unit_dots(units, order)] == labels


def test_a_units_outcomes_add_up_to_its_faces():
    figures = SplitFigures(action_units=ActionUnitFigures(per_au={12: UNIT}))
    (row,) = tables_of(figures).units
    assert {each.name: each.count for each in row.outcomes} == {
        "TP": 27, "FP": 8, "FN": 3, "TN": 62,
    }  # fmt: skip


def test_the_wexler_ratio_is_held_against_what_people_must_reach():
    def told(value, low, high):
        return wexler_note(ActionUnitFigures(intervals={"micro_f1": Interval(value, low, high)}))

    assert told(0.8, 0.75, 0.9).endswith("this is 0.70 or more.")
    assert told(0.8, 0.65, 0.9).endswith("this is 0.70 or more, but the interval crosses it.")
    assert told(0.5, 0.4, 0.6).endswith("this is below 0.70.")
    assert wexler_note(ActionUnitFigures()) == ""


def test_no_figures_make_an_empty_board():
    board = dashboard_of(Metrics(), "test")
    assert board.headlines == []
    assert board.groups == []
