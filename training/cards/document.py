"""The parts of a card or a data sheet as frozen values, and their values in words. No Django.

>>> Fact("f1", "F1", Figure(0.841, 0.79, 0.883)).text
'0.84 (0.79 to 0.88)'
>>> Fact("licence", "Licence", None).text
'not recorded'
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

from training.ml.spoken_times import lasted

NOT_RECORDED = "not recorded"
TOO_FEW = "too few to say"


class Form(StrEnum):
    """The way in which a value is read."""

    TEXT = "text"
    COUNT = "count"
    SCORE = "score"
    PERCENT = "percent"
    MOMENT = "moment"
    SECONDS = "seconds"


@dataclass(frozen=True)
class Figure:
    """A measured figure and its 95 % interval.

    Attributes
    ----------
    value, low, high
        Between 0 and 1; None where they are not measured.
    note
        Why there is no value, such as TOO_FEW; else empty.
    """

    value: float | None = None
    low: float | None = None
    high: float | None = None
    note: str = ""


@dataclass(frozen=True)
class Share:
    """So many of so many."""

    count: int
    of: int


@dataclass(frozen=True)
class Counted:
    """A group, class or unit, and how many faces of how many subjects it has."""

    name: str
    faces: int
    subjects: int


Value = str | int | float | datetime | Figure | Share | Counted | None


def text_of(value: Value, form: Form = Form.TEXT) -> str:
    """Say a value in words; NOT_RECORDED where there is none.

    >>> text_of(0.5, Form.PERCENT), text_of(0.004, Form.PERCENT), text_of(12345, Form.COUNT)
    ('50 %', '0.4 %', '12,345')
    """
    if value is None or value == "":
        return NOT_RECORDED
    if isinstance(value, Figure):
        return _figure_text(value, form)
    if isinstance(value, Share):
        share = f" ({100 * value.count / value.of:.0f} %)" if value.count else ""
        return f"{value.count:,} of {value.of:,}{share}"
    if isinstance(value, Counted):
        of = "1 face" if value.faces == 1 else f"{value.faces:,} faces"
        people = "1 subject" if value.subjects == 1 else f"{value.subjects:,} subjects"
        return f"{value.name}: {of} of {people}"
    if isinstance(value, datetime):
        return f"{value.astimezone(UTC):%-d %b %Y, %H:%M} UTC"
    if isinstance(value, str):
        return value
    return _number_text(value, form)


def _number_text(value: float, form: Form) -> str:
    if form is Form.PERCENT:
        digits = 1 if 0 < value < 0.01 else 0  # a little is not nothing
        return f"{100 * value:.{digits}f} %"
    if form is Form.SCORE:
        return f"{value:.2f}"
    if form is Form.SECONDS:
        return lasted(value)
    return f"{value:,}" if form is Form.COUNT else f"{value:g}"


def _figure_text(figure: Figure, form: Form) -> str:
    if figure.value is None:
        return figure.note or "not measured"
    form = Form.PERCENT if form is Form.PERCENT else Form.SCORE
    said = _number_text(figure.value, form)
    if figure.low is None or figure.high is None:
        return said
    low, high = (_number_text(end, form).removesuffix(" %") for end in (figure.low, figure.high))
    return f"{said} ({low} to {high})"


@dataclass(frozen=True)
class Fact:
    """One recorded thing by name: `key` for programs, `label` for people."""

    key: str
    label: str
    value: Value
    form: Form = Form.TEXT

    @property
    def text(self) -> str:
        """The value in words."""
        return text_of(self.value, self.form)

    @property
    def is_recorded(self) -> bool:
        """True if some record knows it."""
        return self.text != NOT_RECORDED


@dataclass(frozen=True)
class Column:
    """A column of a table."""

    key: str
    label: str
    form: Form = Form.TEXT


@dataclass(frozen=True)
class Table:
    """Rows of values; the first column names the row.

    Attributes
    ----------
    rows
        As many values each as there are columns.
    note
        What to know before reading it.
    """

    key: str
    title: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Value, ...], ...]
    note: str = ""

    @property
    def texts(self) -> list[list[str]]:
        """The rows in words."""
        return [
            [text_of(value, column.form) for value, column in zip(row, self.columns, strict=True)]
            for row in self.rows
        ]


@dataclass(frozen=True)
class Section:
    """A part of a document: sentences, facts, tables, and smaller sections in it.

    Attributes
    ----------
    says
        Sentences, each of which stands alone.
    """

    key: str
    title: str
    says: tuple[str, ...] = ()
    facts: tuple[Fact, ...] = ()
    tables: tuple[Table, ...] = ()
    sections: tuple[Section, ...] = ()


@dataclass(frozen=True)
class Note:
    """Something that a person added: who, when, what."""

    author: str
    written_at: datetime
    text: str


@dataclass(frozen=True)
class Document:
    """A model card or a data sheet.

    Attributes
    ----------
    kind
        "model_card" or "datasheet".
    lead
        A sentence on what it is about.
    references
        The papers that it follows or names.
    notes
        What people added, the oldest first.
    """

    kind: str
    title: str
    lead: str
    sections: tuple[Section, ...]
    references: tuple[str, ...] = ()
    notes: tuple[Note, ...] = ()
