"""A report of agreement as JSON, in which coders are ids: names are read when it is shown."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from annotations.agreement.figures import PairRow, Report, Row
from annotations.agreement.standing import LeftOut
from annotations.measures.bootstrap import Estimate
from annotations.models import Coder

_NUMBERS = ("faces", "subjects", "alone", "by_people", "blind")


def to_json(report: Report) -> dict[str, Any]:
    """Return a report as JSON. NaN is null: PostgreSQL's JSON has no NaN."""
    return {
        "coders": [coder.pk for coder in report.coders],
        **{name: getattr(report, name) for name in _NUMBERS},
        "units": [_row_to_json(row) for row in report.units],
        "all_units": _row_to_json(report.all_units),
        "emotion": _row_to_json(report.emotion),
        "intensity": _row_to_json(report.intensity),
        "pairs": [
            {
                "first": pair.first.pk,
                "second": pair.second.pk,
                "faces": pair.faces,
                "wexler": _figure_to_json(pair.wexler),
                "emotion_kappa": _figure_to_json(pair.emotion_kappa),
            }
            for pair in report.pairs
        ],
        "left_out": asdict(report.left_out),
    }  # fmt: skip


def from_json(stored: Mapping[str, Any], coders: Mapping[int, Coder]) -> Report:
    """Read a report.

    Parameters
    ----------
    coders
        Id -> coder, of all that the report has.

    Raises
    ------
    KeyError
        A coder is gone.
    """
    return Report(
        coders=tuple(coders[pk] for pk in stored["coders"]),
        **{name: stored[name] for name in _NUMBERS},
        units=tuple(row for each in stored["units"] if (row := _row_from_json(each))),
        all_units=_row_from_json(stored["all_units"]),
        emotion=_row_from_json(stored["emotion"]),
        intensity=_row_from_json(stored["intensity"]),
        pairs=tuple(
            PairRow(
                first=coders[pair["first"]],
                second=coders[pair["second"]],
                faces=pair["faces"],
                wexler=_figure_from_json(pair["wexler"]),
                emotion_kappa=_figure_from_json(pair["emotion_kappa"]),
            )
            for pair in stored["pairs"]
        ),
        left_out=LeftOut(**stored["left_out"]),
    )


def _row_to_json(row: Row | None) -> dict[str, Any] | None:
    if row is None:
        return None
    figures = {name: _figure_to_json(figure) for name, figure in row.figures.items()}
    return asdict(row) | {"prevalence": _number(row.prevalence), "figures": figures}


def _row_from_json(stored: Mapping[str, Any] | None) -> Row | None:
    if stored is None:
        return None
    figures = {name: _figure_from_json(each) for name, each in stored["figures"].items()}
    return Row(**{**stored, "prevalence": _or_nan(stored["prevalence"]), "figures": figures})


def _figure_to_json(figure: Estimate) -> list[float | None]:
    return [_number(value) for value in (figure.value, figure.low, figure.high)]


def _figure_from_json(stored: list[float | None]) -> Estimate:
    value, low, high = map(_or_nan, stored)
    return Estimate(value, low, high)


def _number(value: float) -> float | None:
    return None if value != value else float(value)


def _or_nan(value: float | None) -> float:
    return float("nan") if value is None else value
