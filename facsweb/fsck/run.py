"""Running the checks one after the other, so that a run that was stopped can go on."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from django.conf import settings
from django.db import DatabaseError

from facsweb.audit.services import record
from facsweb.fsck import artefacts, database, facts, pictures, shared_artefacts, stored_files
from facsweb.fsck.findings import Check, Finding

#: Called with how much is done, how much there is, and of what.
Progress = Callable[[int, int, str], None]
#: More are counted, and not told one by one: a disk that is gone would be a line for each face.
MOST_TOLD = 1000
_SECONDS_BETWEEN_NOTES = 5.0


@dataclass
class Report:
    """The state of a run: what was checked, found and mended so far, and where to go on.

    Attributes
    ----------
    checked
        By the name of each check that is over: how many things it looked at.
    found
        By the name of each check: how much is wrong.
    told
        The first MOST_TOLD findings, with whether each was mended.
    at, after
        The check that is under way, and the id up to which it has come.
    """

    repair: bool = False
    quick: bool = False
    checked: dict[str, int] = field(default_factory=dict)
    found: dict[str, int] = field(default_factory=dict)
    mended: int = 0
    told: list[dict[str, Any]] = field(default_factory=list)
    at: str = ""
    after: int = 0

    @property
    def wrong(self) -> int:
        """The number of things that are wrong and weren't mended."""
        return sum(self.found.values()) - self.mended

    def to_json(self) -> dict[str, Any]:
        return vars(self) | {"wrong": self.wrong}

    @classmethod
    def of_a_stopped_run(cls) -> Self | None:
        """Return the report of a run that didn't come to its end; None without one."""
        try:
            stated = json.loads(state_file().read_text(encoding="utf-8"))
            return cls(**{name: stated[name] for name in cls.__dataclass_fields__})
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def note(self) -> None:
        """Write down how far it has come."""
        path = state_file()
        path.parent.mkdir(parents=True, exist_ok=True)
        partial = path.with_suffix(".partial")
        descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
            json.dump(self.to_json(), stream)
        partial.replace(path)


def state_file() -> Path:
    return Path(settings.VAR_DIR) / "fsck.json"


def all_checks(*, quick: bool) -> list[Check]:
    """Return every check, those first that tell most for their time."""
    return [
        *database.checks(quick=quick),
        *facts.checks(),
        *artefacts.checks(),
        *shared_artefacts.checks(),
        *stored_files.checks(quick=quick),
        *pictures.checks(quick=quick),
    ]


def run_checks(report: Report, progress: Progress, checks: Sequence[Check] | None = None) -> Report:
    """Run the checks that aren't over; add to the report, and return it.

    Memory stays the same however much there is: rows are read some at a time.

    Parameters
    ----------
    report
        A new one, or that of a run that was stopped.
    checks
        All of them unless given.
    """
    for check in all_checks(quick=report.quick) if checks is None else checks:
        if check.name in report.checked:
            continue
        if report.at != check.name:
            report.at, report.after = check.name, 0
        _carry_out(check, report, progress)
        report.checked[check.name] = check.total()
        report.at, report.after = "", 0
        report.note()
        if check.name == database.MIGRATIONS and report.found.get(check.name):
            break  # tables of another version than this code's can't be asked
    state_file().unlink(missing_ok=True)
    if report.mended:
        about = {name: count for name, count in report.found.items() if count}
        record("fsck.repaired", about="fsck", details={"mended": report.mended, "found": about})
    return report


def _carry_out(check: Check, report: Report, progress: Progress) -> None:
    total = max(check.total(), 1)
    noted, looked = time.monotonic(), 0
    for step in check.walk(report.after):
        if isinstance(step, Finding):
            _take(step, report)
            continue
        report.after = step
        looked = min(looked + 500, total)
        progress(looked, total, check.name)
        if time.monotonic() - noted > _SECONDS_BETWEEN_NOTES:
            report.note()
            noted = time.monotonic()


def _take(finding: Finding, report: Report) -> None:
    mended = False
    if report.repair and finding.repair is not None:
        try:
            mended = finding.repair()
        except (OSError, DatabaseError) as error:
            finding = Finding(
                finding.check, finding.about, f"{finding.wrong} (not mended: {error})"
            )
    report.found[finding.check] = report.found.get(finding.check, 0) + 1
    report.mended += mended
    if len(report.told) < MOST_TOLD:
        report.told.append(finding.to_json() | {"mended": mended})


def lines(report: Report) -> Iterator[str]:
    """Yield the report in plain words."""
    for told in report.told:
        mend = ""
        if told["mended"]:
            mend = f" Mended: {told['mend']}."
        elif told["mend"]:
            mend = f" --repair would {told['mend']}."
        yield f"{told['about']}: {told['wrong']}.{mend}"
    untold = sum(report.found.values()) - len(report.told)
    if untold:
        yield f"... and {untold:,} more of the same kinds."
    looked = ", ".join(f"{name} {count:,}" for name, count in report.checked.items() if count > 1)
    yield f"Checked: {looked or 'an empty machine'}."
    if not report.found:
        yield "Files and rows agree."
    else:
        yield f"{sum(report.found.values()):,} things were wrong, {report.mended:,} are mended."
