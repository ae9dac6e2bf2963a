"""What a run stores is what it stored before there were types, and older runs can be read."""

from tests.factories import metrics
from training.ml.metrics import Calibration, CalibrationError, Metrics, SplitFigures


def test_stored_figures_come_back_as_they_were():
    stored = metrics(cross_validated=True, calibration={"emotion": {"before": 0.12, "after": 0.03}})
    for split in ("test", "all"):
        figures = stored[split]
        figures["emotion"]["absent"] = {"truth": ["surprise"], "predictions": []}
        figures["action_units"]["absent"] = {"truth": [], "predictions": [11]}
        for unit in figures["action_units"]["per_au"].values():
            unit["predicted"] = 3
        for group in figures["groups"]["gender"]:
            group["absent"] = None
    assert Metrics.from_json(stored).to_json() == stored


def test_an_older_run_lacks_what_was_not_measured():
    figures = Metrics.from_json(metrics())
    assert (figures.calibration, figures.cross_validated) == (None, None)
    assert figures.test.emotion.absent is None
    assert figures.test.action_units.per_au[12].predicted == 0
    assert figures.test.groups["gender"][1].emotion_accuracy is None
    assert Metrics.from_json({"all": {"faces": 4}}) == Metrics(all=SplitFigures(faces=4))


def test_heads_without_labels_are_left_out():
    half = Calibration(action_units=CalibrationError(0.2, 0.1))
    assert half.to_json() == {"action_units": {"before": 0.2, "after": 0.1}}
    assert Metrics().to_json() == {}
