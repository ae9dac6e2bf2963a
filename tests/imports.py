"""Which module of ours imports which, read from the source; nothing is imported for it."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
APPS = ("annotations", "inference", "training", "facsweb")
_FEWEST_WORDS = 3


@dataclass(frozen=True)
class Import:
    """One import statement of one of our modules, of something else of ours."""

    importer: str
    imported: frozenset[str]
    path: Path
    line: int
    #: Inside a function: it runs when that is called.
    is_late: bool

    @property
    def reason(self) -> str:
        """The comment on its line, else the one above the imports that it stands among."""
        lines = self.path.read_text(encoding="utf-8").splitlines()
        above = self.line - 2
        while lines[above].lstrip().startswith(("import ", "from ")) and "#" not in lines[above]:
            above -= 1
        return _comment(lines[self.line - 1]) or _comment(lines[above])

    def __str__(self) -> str:
        return f"{self.path.relative_to(ROOT)}:{self.line}"


def modules() -> dict[str, Path]:
    """Return our modules by dotted name; a package is called as its folder."""
    paths = [
        path
        for app in APPS
        for path in sorted((ROOT / app).rglob("*.py"))
        if "migrations" not in path.parts
    ]
    return {
        ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): path
        for path in paths
    }


def imports() -> Iterator[Import]:
    """Yield every import of ours but those for type checkers, which never run."""
    ours = modules()
    for name, path in ours.items():
        tree = ast.parse(path.read_text(encoding="utf-8"))
        package = name if path.name == "__init__.py" else name.rpartition(".")[0]
        for node, is_late in _statements(tree, is_late=False):
            imported = {_module(each, ours) for each in _named(node, package)} - {name, ""}
            if imported:
                yield Import(name, frozenset(imported), path, node.lineno, is_late)


def circles(graph: Mapping[str, set[str]]) -> list[list[str]]:
    """Return the strongly connected sets of more than one node (Tarjan 1972)."""
    index: dict[str, int] = {}
    lowest: dict[str, int] = {}
    stack: list[str] = []
    found = []

    def visit(node: str) -> None:
        index[node] = lowest[node] = len(index)
        stack.append(node)
        for following in sorted(graph.get(node, ())):
            if following not in index:
                visit(following)
                lowest[node] = min(lowest[node], lowest[following])
            elif following in stack:
                lowest[node] = min(lowest[node], index[following])
        if lowest[node] == index[node]:
            members = stack[stack.index(node) :]
            del stack[stack.index(node) :]
            if len(members) > 1:
                found.append(sorted(members))

    for node in sorted(graph):
        if node not in index:
            visit(node)
    return found


def _statements(node: ast.AST, *, is_late: bool) -> Iterator[tuple[ast.AST, bool]]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Import | ast.ImportFrom):
            yield child, is_late
        elif not (isinstance(child, ast.If) and "TYPE_CHECKING" in ast.unparse(child.test)):
            inside = isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
            yield from _statements(child, is_late=is_late or inside)


def _named(node: ast.AST, package: str) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    assert isinstance(node, ast.ImportFrom)
    base = node.module or ""
    if node.level:
        above = package.split(".")[: len(package.split(".")) - node.level + 1]
        base = ".".join([*above, base]).rstrip(".")
    return [f"{base}.{alias.name}" for alias in node.names]


def _module(dotted: str, ours: Mapping[str, Path]) -> str:
    """The module of ours that `dotted` names, or names something of; else nothing."""
    if dotted in ours:
        return dotted
    parent = dotted.rpartition(".")[0]
    return parent if parent in ours else ""


def _comment(line: str) -> str:
    """What a line's comment says, if that is more than an order to a linter."""
    text = re.sub(r"noqa(: ?\w+)?", "", line.partition("#")[2])
    return text.strip() if len(re.findall(r"\w+", text)) >= _FEWEST_WORDS else ""
