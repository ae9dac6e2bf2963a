"""Measured figures with their intervals: overall, by answer and by group. No Django."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from annotations.measures.support import FEWEST_TO_TRUST
from inference.ml.expression_prior import PRIOR_LICENCE, PRIOR_SOURCE
from training.cards.by_group import by_group, figure, intersections
from training.cards.document import TOO_FEW, Column, Fact, Figure, Form, Section, Table, Value
from training.cards.promises import promises_section
from training.cards.source import CardSource
from training.ml.baselines import baseline_of
from training.ml.interval import Interval
from training.ml.metrics import (
    ActionUnitFigures,
    Calibration,
    ClassFigures,
    EmotionFigures,
    Metrics,
    SplitFigures,
)
from training.ml.yardstick_figures import Beside, Yardstick

_ANSWERS = (
    Column("name", "Answer"),
    Column("f1", "F1 (95 % interval)", Form.SCORE),
    Column("baseline", "Always saying so", Form.SCORE),
    Column("precision", "Precision", Form.SCORE),
    Column("recall", "Recall", Form.SCORE),
    Column("average_precision", "Average precision", Form.SCORE),
    Column("support", "Shown on", Form.COUNT),
    Column("base_rate", "Share that shows it", Form.PERCENT),
)
KINDS = {
    "absent": "absent class",
    "imbalance": "imbalance",
    "below_baseline": "below baseline",
    "no_gain": "no gain shown",
    "below_champion": "below the champion",
    "chosen_threshold": "threshold chosen here",
    "sample_size": "few samples",
    "bias": "bias",
}

_BESIDE = "Beside who never saw these faces"


def metrics_section() -> Section:
    """Return the section "Metrics": what the figures mean."""
    return Section(
        "metrics",
        "Metrics",
        (
            "F1, precision, recall and accuracy are scikit-learn’s; the precision of what is never "
            "answered is undefined.",
            "An interval is a 95 % bootstrap over subjects, as errors on one person’s faces go "
            "together.",
            "“Always saying so” is the F1 of finding an answer on every face: no chance answer has "
            "a greater one (Lipton et al. 2014).",
            "Average precision is the area under precision over recall; probabilities that know "
            "nothing reach the share of the faces that show it.",
            f"Of what fewer than {FEWEST_TO_TRUST} faces show, no figure is given: it would say "
            "more of chance than of the model.",
        ),
    )


def evaluation_data(source: CardSource) -> Section:
    """Return the section "Evaluation Data"."""
    metrics, test = source.metrics, source.metrics.test
    folds = source.training.config.get("folds") if source.training else None
    version = source.model.manifest.get("preprocessing_version")
    return Section(
        "evaluation_data",
        "Evaluation Data",
        facts=(
            Fact("faces", "Faces", test.faces if test else None, Form.COUNT),
            Fact("subjects", "Subjects", test.subjects if test else None, Form.COUNT),
            Fact("split", "Chosen", _split(metrics, folds)),
            Fact("preprocessing_version", "Preprocessing", version),
        ),
    )


def _split(metrics: Metrics, folds: int | None) -> str | None:
    if metrics.cross_validated:
        parts = f" ({folds} folds by subject)" if folds else ""
        return f"every face, read by parts of the model that never saw its subject{parts}"
    if metrics.test is None:
        return None
    return "subjects kept out of the whole training"


def quantitative_analyses(source: CardSource) -> Section:
    """Return the section "Quantitative Analyses": overall, by answer, by group; flags."""
    metrics = source.metrics
    test = metrics.test or SplitFigures()
    version = source.model.manifest.get("preprocessing_version")
    made_by = f"Preprocessing version {version}." if version is not None else ""
    fairness = source.training.fairness if source.training else None
    unitary = tuple(_unitary(test, made_by))
    return Section(
        "quantitative_analyses",
        "Quantitative Analyses",
        () if metrics.test else ("No figures are recorded.",),
        sections=(
            Section("unitary_results", "Overall and by answer", tables=unitary),
            by_group(test, fairness, made_by),
            intersections(fairness, made_by),
            _yardstick(metrics.yardstick),
            _flags(metrics),
            _calibration(metrics.calibration),
            promises_section(metrics.promises),
        ),
    )


def _unitary(test: SplitFigures, made_by: str) -> Iterator[Table]:
    overall = tuple(_overall(test.emotion, test.action_units))
    if overall:
        columns = (
            Column("name", "Figure"),
            Column("value", "Value (95 % interval)", Form.SCORE),
            Column("baseline", "Majority class", Form.SCORE),
        )
        yield Table("overall", "Overall", columns, overall, made_by)
    if test.emotion:
        rows = tuple(_answer(name, row) for name, row in test.emotion.per_class.items())
        yield Table("emotions", "Emotions", _ANSWERS, rows, made_by)
    if test.action_units:
        units = sorted(test.action_units.per_au.items())
        rows = tuple(_answer(f"AU{au}", row) for au, row in units)
        yield Table("action_units", "Action units", _ANSWERS, rows, made_by)


def _overall(
    emotion: EmotionFigures | None, units: ActionUnitFigures | None
) -> Iterator[tuple[Value, ...]]:
    if emotion:
        told = emotion.intervals
        majority = Figure(emotion.majority_accuracy)
        yield "Emotion accuracy", figure_of(emotion.accuracy, told, "accuracy"), majority
        yield "Emotion macro F1", figure_of(emotion.macro_f1, told, "macro_f1"), _nothing()
        balanced = figure_of(emotion.balanced_accuracy, told, "balanced_accuracy")
        yield "Emotion balanced accuracy", balanced, _nothing()
    if units:
        macro = figure_of(units.macro_f1, units.intervals, "macro_f1")
        yield "Action unit macro F1", macro, _nothing()


def _nothing() -> Figure:
    return Figure(note="–")


def figure_of(value: float | None, intervals: Mapping[str, Interval] | None, name: str) -> Figure:
    """Return a figure with its interval, where that was measured."""
    return figure(value, (intervals or {}).get(name))


def _answer(name: str, row: ClassFigures) -> tuple[Value, ...]:
    if row.support < FEWEST_TO_TRUST:
        unsaid = Figure(note=TOO_FEW)
        return (name, *[unsaid] * (len(_ANSWERS) - 3), row.support, _base_rate(row))
    told = row.intervals
    return (
        name,
        figure_of(row.f1, told, "f1"),
        Figure(baseline_of(row)),
        figure_of(row.precision, told, "precision"),
        figure_of(row.recall, told, "recall"),
        figure((told or {}).get("average_precision", Interval()).value, None),
        row.support,
        _base_rate(row),
    )


def _base_rate(row: ClassFigures) -> Value:
    return (row.intervals or {}).get("base_rate", Interval()).value


def _yardstick(told: Yardstick | None) -> Section:
    """Return the section on who reads the same faces without having learnt from any."""
    if told is None:
        return Section("yardstick", _BESIDE, ("Not measured.",))
    columns = (
        Column("reader", "Read by"),
        Column("accuracy", "Accuracy", Form.SCORE),
        Column("accuracy_gain", "Accuracy: the model more by", Form.SCORE),
        Column("macro_f1", "Macro F1", Form.SCORE),
        Column("macro_f1_gain", "Macro F1: the model more by", Form.SCORE),
    )
    called = {
        "prior": "the expression prior, zero-shot",
        "majority": f"always “{told.majority_class}”",
    }
    rows = tuple(_beside(called.get(name, name), each) for name, each in told.readers.items())
    says = [f"The expression prior: {told.why_not}."] if told.why_not else []
    if "prior" in told.readers:
        says.append(f"The prior is {PRIOR_SOURCE}, never on these faces. {PRIOR_LICENCE}.")
    tables = (Table("yardstick", "Emotions of the same test faces", columns, rows),) if rows else ()
    return Section("yardstick", _BESIDE, tuple(says), tables=tables)


def _beside(name: str, row: Beside) -> tuple[Value, ...]:
    found = (row.accuracy, row.accuracy_gain, row.macro_f1, row.macro_f1_gain)
    return (name, *(_as_figure(each) for each in found))


def _as_figure(found: Interval | None) -> Figure:
    return Figure(found.value, found.low, found.high) if found else Figure()


def _flags(metrics: Metrics) -> Section:
    columns = (Column("subject", "About"), Column("message", "What"), Column("kind", "Kind"))
    rows = tuple(
        (flag.subject, flag.message, KINDS.get(flag.kind, flag.kind))
        for flag in metrics.flags or ()
    )
    says = () if rows else ("None was raised." if metrics.flags is not None else "Not measured.",)
    tables = (Table("flags", "Raised", columns, rows),) if rows else ()
    return Section("flags", "Flags", says, tables=tables)


def _calibration(calibration: Calibration | None) -> Section:
    columns = (
        Column("head", "Answer"),
        Column("after", "As it answers", Form.PERCENT),
        Column("before", "Before calibration", Form.PERCENT),
    )
    named = {
        "Emotion": calibration.emotion if calibration else None,
        "Action units": calibration.action_units if calibration else None,
    }
    rows = tuple((name, each.after, each.before) for name, each in named.items() if each)
    says = (
        ("Expected calibration error, out of fold: the mean gap between confidence and share "
         "right (Guo et al. 2017).",)
        if rows
        else ("Not measured.",)
    )  # fmt: skip
    tables = (Table("calibration", "Calibration error", columns, rows),) if rows else ()
    return Section("calibration", "Calibration", says, tables=tables)
