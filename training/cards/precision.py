"""The section of a card on the numbers that a model is asked in. No Django."""

from __future__ import annotations

from typing import Any

from inference.ml.asked_in import asked
from training.cards.document import Column, Section, Table
from training.figures.precision import precision_board


def precision_section(manifest: dict[str, Any]) -> Section:
    """Return the section "Numbers": int8, bf16 or fp32, why, and the comparison.

    It tells of the model; an installation may ask all of its models in fp32.
    """
    told = asked(manifest)
    board = precision_board(told.comparison)
    title = f"Asked in {told.precision}"
    if board is None:
        return Section("precision", title, (told.why,))
    columns = (
        Column("figure", "Figure"),
        Column("learnt", board.learnt_in),
        Column("int8", "int8"),
        Column("difference", "Difference (95 % interval)"),
    )
    rows = tuple(
        (row.name, row.learnt, row.int8, f"{row.difference} ({row.interval or 'no interval'})")
        for row in board.rows
    )
    says = (
        told.why,
        board.summary,
        "The same faces were read by both, by parts that had never seen their subjects; intervals "
        "are of the difference, by resamples of subjects.",
    )
    caption = f"int8 beside {board.learnt_in}"
    return Section("precision", title, says, tables=(Table("int8", caption, columns, rows),))
