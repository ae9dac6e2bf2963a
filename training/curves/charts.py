"""Charts of a run's curves. No Django."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from facsweb.charts.chart import Cell, Chart, Link
from training.ml.curve_figures import STEPS, CurveFigures, Curves, threshold_at

#: Kind of curve -> its title, the names of both axes.
KINDS = {
    "precision-recall": ("Precision-recall", "recall", "precision"),
    "roc": ("ROC", "false positive rate", "true positive rate"),
    "reliability": ("Reliability", "mean probability", "share that shows it"),
}
#: Kind of curve -> what the table says of each.
COME_TO = {
    "precision-recall": ("Average precision", "By chance"),
    "roc": ("AUC-ROC",),
    "reliability": ("Calibration error", "Brier score"),
}
FEW_POINTS = 20


@dataclass(frozen=True)
class Subject:
    """An emotion or action unit: `key` as addresses name it, `name` as people do."""

    key: str
    name: str
    figures: CurveFigures


def subjects_of(curves: Curves) -> list[Subject]:
    """Return what has curves: emotions first, then units in ascending order."""
    emotions = [Subject(name, name, each) for name, each in curves.emotions.items()]
    units = [Subject(f"au{au}", f"AU{au}", each) for au, each in sorted(curves.units.items())]
    return emotions + units


def overview(subjects: Iterable[Subject], kind: str) -> Chart:
    """Draw one kind of curve of each subject, as small multiples; the table has what they come to.

    Every other point is drawn: a small multiple shows no more.
    """
    title, across, up = KINDS[kind]
    shown = [each for each in subjects if each.figures.enough]
    names = [each.name for each in shown]
    values = [
        _datum((each.name, *point))
        for each in shown
        for point in _every_other(_points(each.figures, kind))
    ]
    layers = list(_layers(kind, across, up))
    if kind == "precision-recall":
        values += [{"of": each.name, "chance": _chance(each.figures)} for each in shown]
        by_chance = {"field": "chance", "type": "quantitative"}
        rule = {"mark": {"type": "rule", "style": "reference"}, "encoding": {"y": by_chance}}
        layers = [_only(rule, "chance"), *(_only(layer, "x") for layer in layers)]
    spec = {
        "data": {"values": values},
        "facet": {"field": "of", "type": "nominal", "title": None, "sort": names},
        "columns": 5,
        "spec": {"layer": layers, "height": 130},
    }
    rows: list[tuple[Cell, ...]] = [
        (Link(each.name, f"?of={each.key}"), *_come_to(each.figures, kind)) for each in shown
    ]
    alt = f"{title} curves of {', '.join(names)}; the table has what each comes to."
    return Chart(kind, title, spec, ("Of", *COME_TO[kind]), tuple(rows), alt)


def _every_other(points: list[tuple[float, float]]) -> list[tuple[float, float]]:
    return points if len(points) <= FEW_POINTS else [*points[:-1:2], points[-1]]


def _only(layer: dict[str, Any], field: str) -> dict[str, Any]:
    """Return a layer of the data that have a field."""
    return {**layer, "transform": [{"filter": f"isValid(datum.{field})"}]}


def _chance(figures: CurveFigures) -> float:
    return round(figures.positives / figures.faces, 3)


def _come_to(figures: CurveFigures, kind: str) -> tuple[Cell, ...]:
    if kind == "precision-recall":
        return _rounded(figures.average_precision), _chance(figures)
    if kind == "roc":
        return (_rounded(figures.roc_auc),)
    return _rounded(figures.calibration_error), _rounded(figures.brier)


def large(subject: Subject, kind: str) -> Chart:
    """Draw one curve of one subject, beside what chance would reach."""
    title, across, up = KINDS[kind]
    figures = subject.figures
    points = _points(figures, kind)
    rows = [(subject.name, *point) for point in points]
    layers = list(_layers(kind, across, up))
    if kind == "precision-recall":
        rate = figures.positives / figures.faces
        layers.insert(0, _rule("y", rate))
    spec = {"data": {"values": [_datum(row) for row in rows]}, "layer": layers, "height": 280}
    columns: tuple[str, ...] = (_capital(across), _capital(up))
    table: tuple[tuple[Cell, ...], ...] = tuple(points)
    if kind == "reliability":
        columns = (*columns, "Faces")
        pairs = zip(points, figures.bins, strict=True)
        table = tuple((*point, each.faces) for point, each in pairs)
    return Chart(kind, title, spec, columns, table, _alt(subject, kind))


def _alt(subject: Subject, kind: str) -> str:
    figures = subject.figures
    told = {
        "precision-recall": f"average precision {_two(figures.average_precision)}, by chance "
        f"{_two(figures.positives / figures.faces)}",
        "roc": f"area {_two(figures.roc_auc)}, by chance 0.50",
        "reliability": f"calibration error {_two(figures.calibration_error)}",
    }
    return f"{KINDS[kind][0]} of {subject.name}: {told[kind]}."


def by_threshold(unit: str, figures: CurveFigures, current: float) -> Chart:
    """Draw precision, recall and F1 of a unit at each threshold, and where it stands now."""
    rows: list[tuple[Cell, ...]] = []
    for step in range(STEPS + 1):
        counts = figures.counts_at(step)
        scores = (counts.precision, counts.recall, counts.f1)
        rows.append((threshold_at(step), *(_rounded(score) for score in scores), counts.found))
    names = ("precision", "recall", "F1")
    values = [
        {"at": row[0], "of": name, "score": score}
        for row in rows
        for name, score in zip(names, row[1:4], strict=True)
        if score is not None
    ]
    line = {
        "mark": {"type": "line"},
        "encoding": {
            "x": _axis("at", "threshold"),
            "y": _axis("score", "score"),
            "color": _series(names),
            "strokeDash": {**_series(names), "legend": None},
        },
    }
    spec = {"data": {"values": values}, "layer": [line, _rule("x", current)], "height": 240}
    columns = ("Threshold", "Precision", "Recall", "F1", "Faces found")
    counts = figures.counts_at(round(current * STEPS))
    alt = (
        f"Precision, recall and F1 of {unit} at each threshold. Now, at {current:.2f}: "
        f"{_two(counts.precision)}, {_two(counts.recall)}, {_two(counts.f1)}."
    )
    return Chart("thresholds", "At each threshold", spec, columns, tuple(rows), alt)


def _points(figures: CurveFigures, kind: str) -> list[tuple[float, float]]:
    if kind == "precision-recall":
        return list(zip(figures.recall, figures.precision, strict=True))
    if kind == "roc":
        return list(zip(figures.false_positive_rate, figures.true_positive_rate, strict=True))
    return [(each.predicted, each.observed) for each in figures.bins]


def _datum(row: tuple[str, float, float]) -> dict[str, str | float]:
    return {"of": row[0], "x": row[1], "y": row[2]}


def _layers(kind: str, across: str, up: str) -> Iterator[dict[str, Any]]:
    """Yield the layers of one plot, without its data."""
    encoding: Mapping[str, Any] = {"x": _axis("x", across), "y": _axis("y", up)}
    if kind != "precision-recall":
        ends = [{"x": 0, "y": 0}, {"x": 1, "y": 1}]
        diagonal = {"type": "line", "style": "reference", "strokeWidth": 1}
        yield {"data": {"values": ends}, "mark": diagonal, "encoding": dict(encoding)}
    mark: dict[str, Any] = {"type": "line", "order": False}
    if kind == "precision-recall":
        # Average precision counts each precision up to its recall, from the recall before.
        mark["interpolate"] = "step-before"
    if kind == "reliability":
        mark["point"] = True
    yield {"mark": mark, "encoding": dict(encoding)}


def _series(names: tuple[str, ...]) -> dict[str, Any]:
    return {"field": "of", "type": "nominal", "title": None, "sort": list(names)}


def _axis(field: str, title: str) -> dict[str, Any]:
    return {
        "field": field,
        "type": "quantitative",
        "title": title,
        "scale": {"domain": [0, 1]},
        "axis": {"values": [0, 0.5, 1]} if field in "xy" else {},
    }


def _rule(axis: str, at: float) -> dict[str, Any]:
    return {
        "data": {"values": [{}]},
        "mark": {"type": "rule", "style": "reference"},
        "encoding": {axis: {"datum": at}},
    }


def _rounded(score: float | None) -> float | None:
    return None if score is None else round(score, 3)


def _two(value: float | None) -> str:
    return "–" if value is None else f"{value:.2f}"


def _capital(text: str) -> str:
    return text[0].upper() + text[1:]
