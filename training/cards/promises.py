"""The section of a card on what a model promises of new people's faces. No Django."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from training.cards.document import Column, Form, Section, Table
from training.figures.promises import PromiseRow, UnitRow, promise_board
from training.ml.promise_figures import Promises


def promises_section(promises: Promises | None) -> Section:
    """Return the section "Promises": what is promised, beside what was observed."""
    board = promise_board(promises)
    columns = (
        Column("of", "Of"),
        Column("promised", "Promised"),
        Column("observed", "Observed (95 % interval)"),
        Column("subjects", "Subjects", Form.COUNT),
    )
    rows = [*board.emotions, *_of_units(board.units)] if board else []
    alarm = [board.alarm] if board and board.alarm else []
    told = tuple(
        (row.name, row.promised, f"{row.observed} ({row.interval})", row.subjects)
        for row in [*rows, *alarm]
    )
    if not told or not board:
        return Section("promises", "Promises", ("Nothing is promised, or nothing was measured.",))
    says = (
        "Of each face the model tells the answers that it can’t exclude. Such sets are to hold the "
        "label of faces of people whom it never met, like those of its training, whichever label "
        f"it is. {board.summary}".strip(),
        "A face is called unlike the training where it lies farther from its faces than all but a "
        "twentieth of new people’s do.",
    )
    table = Table("promises", "Promised and observed", columns, told)
    return Section("promises", "Promises", says, tables=(table,))


def _of_units(units: list[UnitRow]) -> Iterator[PromiseRow]:
    for unit in units:
        code = unit.name.split()[0]
        yield replace(unit.present, name=f"{code} present")
        yield replace(unit.absent, name=f"{code} absent")
