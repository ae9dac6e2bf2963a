"""How the cases of test_what_is_understood.py are written down."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from annotations.transfers.options import ImportOptions


@dataclass(frozen=True)
class Case:
    """One kind of file that people send, and what facsweb makes of it.

    Attributes
    ----------
    sends
        A sentence, which is the test's name: "OpenFace's FaceLandmarkImg table".
    files
        Name -> content. One file is sent by itself under its name; several, or one whose name has
        a folder, are sent as a zip.
    wanted
        Counts of the run's outcome that must be just so, such as {"codings_created": 2}.
    says
        Texts that must stand in the report: reasons of refusals, or what was not read.
    check
        Called after the import, to look at what was written.
    faces
        Pictures that are here before: name under which each came in -> (subject, sequence, frame).
    """

    sends: str
    files: Mapping[str, bytes | str]
    wanted: Mapping[str, int] = field(default_factory=dict)
    says: tuple[str, ...] = ()
    check: Callable[[], None] | None = None
    faces: Mapping[str, tuple[str, str, int | None]] = field(default_factory=dict)
    options: ImportOptions = field(default_factory=ImportOptions)
    coder: str = ""
    #: How the import as a whole ends.
    status: str = "succeeded"
