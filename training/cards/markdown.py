"""A card or a data sheet as Markdown (GitHub's). No Django.

Whatever comes from a record is escaped: a name is text, never a link, a picture, HTML or a cell.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from training.cards.document import Document, Note, Section, Table, text_of

#: What means something within a line: each is told as itself after a backslash.
_SPECIAL = re.compile(r"([\\`*_{}\[\]<>#|~&!$@])")
#: What begins a list, a heading or a rule, where a line begins with it.
_AT_START = re.compile(r"^(\d*)([-+=.)])(?=[\s=-]|$)")
#: GitHub makes links of bare addresses.
_ADDRESS = re.compile(r"(?<=[A-Za-z]):(?=//)|(?<=\bwww)\.", re.IGNORECASE)


def markdown_of(document: Document) -> str:
    """Return a document as Markdown, ending with a newline."""
    return "\n".join(_lines(document)) + "\n"


def escaped(text: str) -> str:
    r"""Return `text` as one line of Markdown that shows it as it is.

    >>> print(escaped("[me](javascript:x) | *a*"))
    \[me\](javascript:x) \| \*a\*
    >>> print(escaped("- a\n# b"))
    \- a \# b
    """
    line = _SPECIAL.sub(r"\\\1", " ".join(text.split()))
    line = _ADDRESS.sub(lambda found: f"\\{found[0]}", line)
    return _AT_START.sub(r"\1\\\2", line)


def _lines(document: Document) -> Iterator[str]:
    yield f"# {escaped(document.title)}"
    yield ""
    yield escaped(document.lead)
    for section in document.sections:
        yield from _section(section, level=2)
        for part in section.sections:
            yield from _section(part, level=3)
    yield from ("", "## Notes", "")
    yield from _notes(document.notes)
    yield from ("", "## References", "")
    yield from (f"- {escaped(reference)}" for reference in document.references)


def _section(section: Section, level: int) -> Iterator[str]:
    yield from ("", f"{'#' * level} {escaped(section.title)}")
    if section.says:
        yield ""
        yield from (f"- {escaped(sentence)}" for sentence in section.says)
    if section.facts:
        yield from ("", "| | |", "|---|---|")
        yield from (f"| {escaped(fact.label)} | {escaped(fact.text)} |" for fact in section.facts)
    for table in section.tables:
        yield from _table(table)


def _table(table: Table) -> Iterator[str]:
    yield from ("", f"**{escaped(table.title)}**", "")
    if table.note:
        yield from (escaped(table.note), "")
    yield f"| {' | '.join(escaped(column.label) for column in table.columns)} |"
    yield f"|{'---|' * len(table.columns)}"
    yield from (f"| {' | '.join(map(escaped, row))} |" for row in table.texts)


def _notes(notes: tuple[Note, ...]) -> Iterator[str]:
    if not notes:
        yield "None."
    for note in notes:
        yield f"**{escaped(note.author)}**, {escaped(text_of(note.written_at))}:"
        yield ""
        yield from (f"> {escaped(line)}" for line in note.text.splitlines() or [""])
        yield ""
