"""Values that the parsers hand on: labelled images, and the rows that they refuse."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from facsweb.problems import Problem


class UnreadableSource(Problem):
    """The data set as a whole cannot be read; the text says why."""

    code = "unreadable_source"


class Refused(ValueError):
    """One value is not acceptable: the column or kind it stands for, the reason, its line."""

    def __init__(self, field: str, message: str, line: int | None = None) -> None:
        super().__init__(message)
        self.field = field
        self.message = message
        self.line = line


@dataclass(frozen=True)
class RowError:
    """A row that was refused. `line` is None where the whole file is meant."""

    file: str
    line: int | None
    field: str
    message: str

    def __str__(self) -> str:
        place = self.file if self.line is None else f"{self.file}:{self.line}"
        return f"{place}: {self.field}: {self.message}"


@dataclass(frozen=True)
class ParsedScore:
    """A score of an action unit as its source gives it.

    Attributes
    ----------
    present
        False means absent; a unit that was not coded has no score.
    intensity
        A (trace) to E (maximum), or "" where not coded.
    side
        L, R, T or B where the unit shows on that part of the face only, else "".
    """

    present: bool
    intensity: str = ""
    side: str = ""


@dataclass(frozen=True)
class LabelledImage:
    """One image and what its source says of it.

    An action unit that is not in `action_units` was not coded. `file` is relative to the data
    set, so that nothing reveals the machine's own folders.
    """

    path: Path
    subject: str
    file: str
    line: int | None = None
    sequence: str = ""
    frame: int | None = None
    emotion: str = ""
    basic_emotion: str = ""
    action_units: Mapping[int, ParsedScore] = field(default_factory=dict)
    extra: Mapping[str, str] = field(default_factory=dict)
    demographics: Mapping[str, str] = field(default_factory=dict)
    #: The picture that the sequence begins with, where it is another file than the peak.
    neutral: Path | None = None
    #: Whose reading it is, where the source names several people; blank: that of who sends it.
    coder: str = ""
    #: Another coder of the same source reads this picture differently.
    is_disputed: bool = False

    @property
    def is_labelled(self) -> bool:
        """True if the source says anything of the image: an emotion or an action unit."""
        return bool(self.emotion or self.basic_emotion or self.action_units)

    @property
    def source(self) -> str:
        """`data_labels.csv:17`, or the name of a file that labels one image."""
        name = PurePosixPath(self.file).name[-280:]
        return name if self.line is None else f"{name}:{self.line}"

    def refuse(self, field: str, message: str) -> RowError:
        """Return the error that refuses this row.

        Parameters
        ----------
        field
            The column or kind of value that is wrong.
        message
            The reason, as a sentence for the sender.
        """
        return RowError(self.file, self.line, field, message)


@dataclass(frozen=True)
class SourceRow:
    """One row of a table: its image, or why it is refused; neither where it says nothing new."""

    line: int | None
    image: LabelledImage | None = None
    errors: tuple[RowError, ...] = ()
    cells: Sequence[str] = ()


@dataclass(frozen=True)
class Parsed:
    """All good rows, all refused ones, how many had no label, and what was not read at all."""

    rows: tuple[LabelledImage, ...] = ()
    errors: tuple[RowError, ...] = ()
    skipped: int = 0
    notes: tuple[str, ...] = ()
