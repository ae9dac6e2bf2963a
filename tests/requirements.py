"""What the lists of requirements allow a process to import, of all that is installed here."""

from __future__ import annotations

import importlib.metadata
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parent.parent
#: Lists whose packages are installed without what they ask for.
WITHOUT_THEIRS = {"requirements-detector.txt"}

#: A program's first lines: what the lists don't bring is as if it weren't there.
PRELUDE = """
import sys
class _Absent:
    names = frozenset({names!r})
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in self.names:
            raise ModuleNotFoundError(f"No module named {{name!r}}: no list has it", name=name)
sys.meta_path.insert(0, _Absent())
"""


def only_with(*lists: str) -> str:
    """Return a program's first lines, after which it finds what these lists bring and no more."""
    allowed = brought_by(*lists)
    names = [
        module
        for module, packages in importlib.metadata.packages_distributions().items()
        if allowed.isdisjoint(map(canonicalize_name, packages))
    ]
    return PRELUDE.format(names=sorted(names))


def modules_of(*lists: str) -> set[str]:
    """Return the names at the top of modules that these lists bring."""
    allowed = brought_by(*lists)
    known = importlib.metadata.packages_distributions().items()
    return {name for name, by in known if not allowed.isdisjoint(map(canonicalize_name, by))}


@cache
def brought_by(*lists: str) -> frozenset[str]:
    """Return the packages that are installed by these lists, by name."""
    found: set[str] = set()
    for name, is_alone in (each for one in lists for each in _listed(one)):
        requirement = Requirement(name)
        if is_alone:
            found.add(canonicalize_name(requirement.name))
        else:
            _add(found, requirement)
    return frozenset(found)


def _listed(name: str) -> Iterator[tuple[str, bool]]:
    """Yield each requirement of a list and of those that it includes; and if it comes alone."""
    for line in (ROOT / name).read_text(encoding="utf-8").splitlines():
        if included := re.fullmatch(r"-r (\S+)", line):
            yield from _listed(included[1])
        elif line and not line.startswith("#"):
            yield line, name in WITHOUT_THEIRS


def _add(found: set[str], requirement: Requirement) -> None:
    """Add a package, and what it asks for with these extras."""
    name = canonicalize_name(requirement.name)
    mark = f"{name}[{','.join(sorted(requirement.extras))}]"
    if mark in found:
        return
    found |= {name, mark}
    for text in importlib.metadata.requires(name) or ():
        asked = Requirement(text)
        extras = requirement.extras or {""}
        wanted = asked.marker is None or any(
            asked.marker.evaluate({"extra": extra}) for extra in {"", *extras}
        )
        if wanted:
            _add(found, asked)
