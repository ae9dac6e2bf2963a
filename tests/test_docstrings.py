"""Docstrings say what a thing does in words that somebody would search for.

A function's docstring begins with a verb in the imperative, a class's or a module's with no
relative pronoun and no preposition; and no docstring explains a parameter that is gone.
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
#: One list of verbs keeps to one word for one act: add to it only what none of these says.
VERBS = set(
    """
    accept add annotate announce answer apply ask average begin blank blend build call
    cancel carry change check choose claim clear close collapse collect compare complete
    compute connect copy correct count cover create cut decide decode delete describe divide
    do download draw drop edit end enlarge estimate explain fill find fit flag flatten free
    generate get give go hand have import invite join judge keep label leave let light list load
    lock look make map mark measure move name narrow open order paint pair pass pick place
    predict prefetch prepare project publish put queue quote raise rank read record refuse
    register remember remove rename render reopen replace report request require resolve
    respond restore return revoke rewind rewrite round run say send set shade show solve
    start store stream strip sum swing sync tabulate take tell tint train tune turn unpack
    upload wait warn weigh weight write yield
    """.split()  # noqa: SIM905 - shorter than a list of quoted words
)
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
            if first not in VERBS if kind == "verb" else first in NO_NOUN_PHRASE:
                odd.append(f"{path.relative_to(ROOT)}:{line}: {text.splitlines()[0]}")
    assert not odd, "Begin with another word, or add a verb to VERBS:\n" + "\n".join(odd)


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
