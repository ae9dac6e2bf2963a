"""Draw the rooms as import-linter's contracts hold them: `python -m tests.rooms` mends the docs.

The picture stands in docs/architecture.md between two marks; tests/test_architecture.py compares.
"""

from __future__ import annotations

import textwrap
import tomllib
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
DOCUMENT = ROOT / "docs" / "architecture.md"
_FIRST, _LAST = "<!-- rooms: python -m tests.rooms -->\n", "<!-- end of rooms -->\n"
_WIDTH = 98
_INDENT = 14


def contracts(kind: str) -> list[dict[str, Any]]:
    """Return import-linter's contracts of one type, as pyproject.toml has them."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    return [each for each in settings["tool"]["importlinter"]["contracts"] if each["type"] == kind]


def picture() -> str:
    """Return the diagram: a line imports from the lines below it only."""
    storeys = [_storey(package, rows) for package, rows in groupby(_rows(), lambda row: row[0])]
    walls = [
        f"{each['name']}: {', '.join(each['source_modules'])}" for each in contracts("forbidden")
    ]
    up = [edge for each in contracts("layers") for edge in each.get("ignore_imports", [])]
    notes = walls + (["Still run up:"] if up else [])
    wrapped = [
        textwrap.fill(note, _WIDTH, subsequent_indent="    ", break_on_hyphens=False)
        for note in notes
    ] + [f"    {edge}" for edge in up]
    return "```text\n" + "\n    │\n".join(storeys) + "\n\n" + "\n".join(wrapped) + "\n```\n"


def drawn() -> str:
    """Return the diagram that the document has now."""
    return _parts()[1]


def _rows() -> Iterator[tuple[str, str]]:
    """(package, a layer of it), downward; an app with layers of its own is given by these."""
    inner = {
        package: contract["layers"]
        for contract in contracts("layers")
        for package in contract.get("containers", [])
    }
    (outer,) = [each for each in contracts("layers") if "containers" not in each]
    for layer in outer["layers"]:
        package = layer.split(".")[0].split(" ")[0]
        for row in inner.get(layer, [layer]):
            yield package, row.replace(f"{package}.", "") if row != package else ""


def _storey(package: str, rows: Iterator[tuple[str, str]]) -> str:
    lines = [
        line
        for _, row in rows
        for line in textwrap.wrap(row, _WIDTH - _INDENT, break_on_hyphens=False) or [""]
    ]
    heads = [package, *["    │"] * (len(lines) - 1)]
    pairs = zip(heads, lines, strict=True)
    return "\n".join(f"{head:<{_INDENT}}{line}".rstrip() for head, line in pairs)


def _parts() -> tuple[str, str, str]:
    before, rest = DOCUMENT.read_text(encoding="utf-8").split(_FIRST)
    inside, after = rest.split(_LAST)
    return before, inside, after


if __name__ == "__main__":
    before, _, after = _parts()
    DOCUMENT.write_text(before + _FIRST + picture() + _LAST + after, encoding="utf-8")
