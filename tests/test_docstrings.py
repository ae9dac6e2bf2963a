"""Docstrings say what a thing does in words that somebody would search for.

ruff's D401 finds "Returns ..."; what it can't tell from a verb is found here: "The faces that ...",
"What ...", "Whether ...". A function's docstring begins with a verb in the imperative, a class's or
a module's with no relative pronoun and no preposition; and no docstring explains a parameter that
is gone.
"""

from __future__ import annotations

import ast
import itertools
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
_PRONOUNS = {"how", "that", "what", "when", "where", "which", "who", "whom", "whose", "why"}
_PREPOSITIONS = {"as", "by", "for", "from", "in", "of", "on"}
NO_NOUN_PHRASE = _PRONOUNS | _PREPOSITIONS
_ARTICLES = {
    "a", "all", "an", "another", "any", "both", "each", "every", "its", "no", "none", "one",
    "other", "others", "our", "several", "some", "the", "their", "these", "this", "those", "two",
    "whether",
}  # fmt: skip
NO_VERB = NO_NOUN_PHRASE | _ARTICLES | {"above", "after", "at", "before", "if", "it", "not", "only",
    "per", "they", "to", "up", "with", "without"}  # fmt: skip
_SECTIONS = {"Parameters", "Returns", "Yields", "Raises", "Examples", "Attributes", "Notes"}


def _documented(path: Path) -> Iterator[tuple[str, int, str]]:
    """Yield ("noun" or "verb", line, docstring) for all that has a docstring."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef):
            kind = "noun"
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            marks = {ast.unparse(mark).rpartition(".")[2] for mark in node.decorator_list}
            kind = "noun" if marks & {"property", "cached_property"} else "verb"
        else:
            continue
        text = ast.get_docstring(node)
        if text:
            yield kind, getattr(node, "lineno", 1), text


@pytest.mark.parametrize("room", ["annotations", "facsweb", "inference", "training"])
def test_docstrings_begin_with_a_verb_or_a_noun(room):
    odd = []
    for path in sorted((ROOT / room).rglob("*.py")):
        if "migrations" in path.parts:
            continue
        for kind, line, text in _documented(path):
            first = text.split()[0].strip(",.:").lower()
            if first in (NO_VERB if kind == "verb" else NO_NOUN_PHRASE):
                odd.append(f"{path.relative_to(ROOT)}:{line}: {text.splitlines()[0]}")
    assert not odd, "\n".join(odd)


def _names_described(text: str) -> Iterator[str]:
    """Yield the names that a docstring explains as parameters, each on a line above its text."""
    section = "Parameters"
    for line, following in itertools.pairwise(text.splitlines()):
        if line in _SECTIONS and following.startswith("---"):
            section = line
        elif section == "Parameters" and line and following.startswith("    "):
            names = [name.strip().lstrip("*") for name in line.split(",")]
            yield from names if all(name.isidentifier() for name in names) else []


def test_docstrings_explain_parameters_that_are_there():
    stale = []
    for room in ("annotations", "facsweb", "inference", "training"):
        for path in sorted((ROOT / room).rglob("*.py")):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if not isinstance(node, ast.FunctionDef):
                    continue
                given = node.args
                known = {a.arg for a in [*given.posonlyargs, *given.args, *given.kwonlyargs]}
                known |= {a.arg for a in (given.vararg, given.kwarg) if a is not None}
                gone = set(_names_described(ast.get_docstring(node) or "")) - known
                stale += [f"{path.relative_to(ROOT)}:{node.lineno}: {name}" for name in gone]
    assert not stale, "\n".join(stale)
