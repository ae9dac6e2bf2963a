"""What the documents name exists: links, make targets, commands, settings."""

import re
import subprocess
import tokenize
from importlib import import_module
from importlib.util import find_spec
from io import StringIO
from pathlib import Path

import pytest
import yaml
from django.apps import apps
from django.core.management import get_commands

from tests.imports import modules

ROOT = Path(__file__).parent.parent
CONTRIBUTING = ROOT / "CONTRIBUTING.md"
DOCUMENTS = [
    ROOT / "README.md",
    CONTRIBUTING,
    *sorted((ROOT / "docs").rglob("*.md")),
    ROOT / "annotations" / "synthetic" / "README.md",
]
README = DOCUMENTS[0].read_text(encoding="utf-8")
APPS = "annotations|inference|training|facsweb"


def _spelled_out(path: str) -> list[str]:
    """A path with `{one,other}` in it as two."""
    braces = re.search(r"\{([^}]*)\}", path)
    if braces is None:
        return [path]
    return [path.replace(braces[0], part) for part in braces[1].split(",")]


def _exists(path: str) -> bool:
    return bool(list(ROOT.glob(path.rstrip("/"))))


def _prose(source: Path) -> str:
    """The comments and strings of a module; strings that tests make up are no prose."""
    tokens = tokenize.generate_tokens(StringIO(source.read_text(encoding="utf-8")).readline)
    return "\n".join(
        token.string
        for token in tokens
        if token.type == tokenize.COMMENT
        or (token.type == tokenize.STRING and token.string.startswith(('"""', 'r"""')))
    )


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_links_and_commands_lead_somewhere(document):
    text = document.read_text(encoding="utf-8")
    links = re.findall(r"\]\(([^)#:]+)\)", text) + re.findall(r'src="([^"]+)"', text)
    assert not [link for link in links if not (document.parent / link).exists()]
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    assert set(re.findall(r"`make ([a-z-]+)", text)) <= targets
    assert set(re.findall(r"manage\.py ([a-z_]+)", text)) <= set(get_commands())


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_no_heading_stands_twice(document):
    """A merge may leave a section beside its moved self."""
    headings = re.findall(r"^#+ .*$", document.read_text(encoding="utf-8"), re.MULTILINE)
    assert headings
    assert len(set(headings)) == len(headings)


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_paths_and_modules_exist(document):
    text = document.read_text(encoding="utf-8")
    paths = re.findall(rf"`((?:{APPS}|tests|docs|\.ci)/[^\s`]*|[\w.-]+\.(?:md|txt|toml))`", text)
    assert not [path for path in paths if not all(map(_exists, _spelled_out(path)))]
    modules = re.findall(rf"python -m ((?:{APPS}|tests)[\w.]*)", text)
    assert not [module for module in modules if find_spec(module) is None]


@pytest.mark.parametrize(
    "thing",
    [
        "An action unit", "A format", "A metric", "A role", "A trunk", "A storage",
        "A queue order", "An import quirk", "A job kind", "A page",
    ],
)  # fmt: skip
def test_contributing_says_where_a_thing_is_added(thing):
    """The files to touch; test_paths_and_modules_exist sees that they are there."""
    text = CONTRIBUTING.read_text(encoding="utf-8")
    (paragraph,) = re.findall(rf"^\*\*{thing}\.\*\* (.*?)(?:\n\n|\Z)", text, re.M | re.S)
    assert len(re.findall(rf"`(?:{APPS})/", paragraph)) >= 2


def test_paths_in_comments_exist():
    """A path in a docstring outlives the move of the file that it means."""
    folders = [ROOT / name for name in (*APPS.split("|"), "tests", "docs")]
    known = [f"/{path.relative_to(ROOT)}" for each in folders for path in each.rglob("*.*")]
    sources = [path for each in folders for path in each.rglob("*.py")]
    assert sources
    for source in sources:
        for named in re.findall(r"(?<![\w/.])\w+(?:/\w+)+\.(?:py|js|md)\b", _prose(source)):
            assert any(path.endswith(f"/{named}") for path in known), (source, named)


def test_modules_in_comments_and_scripts_exist():
    """Also those that a test's script imports, where no linter looks."""
    ours = modules()
    for source in [
        path for app in (*APPS.split("|"), "tests") for path in (ROOT / app).rglob("*.py")
    ]:
        for named in re.findall(rf"\b(?:{APPS})(?:\.\w+)+", _prose(source)):
            holder = named
            while holder not in ours:
                holder = holder.rpartition(".")[0]
            name = named.removeprefix(holder).lstrip(".").partition(".")[0]
            assert re.search(rf"\b{name}\b", ours[holder].read_text(encoding="utf-8")), (
                source,
                named,
            )


def test_make_help_tells_of_every_target():
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = re.findall(r"^([a-z-]+):", makefile, re.MULTILINE)
    assert targets[0] == "demo"  # what `make` alone does
    answer = subprocess.run(["make", "help"], cwd=ROOT, capture_output=True, text=True, check=True)
    told = dict(re.findall(r"^make ([a-z-]+) +(\S.*)$", answer.stdout, re.MULTILINE))
    assert list(told) == targets


def test_hooks_before_a_commit_call_what_is_here():
    """No hook needs a network: each is local, and its tool is ours or `make`'s."""
    config = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8"))
    assert {repo["repo"] for repo in config["repos"]} == {"local"}
    hooks = [hook for repo in config["repos"] for hook in repo["hooks"]]
    assert {hook["language"] for hook in hooks} == {"system"}
    for entry in (hook["entry"] for hook in hooks):
        assert entry == "make lint" or entry.startswith(".venv/bin/"), entry
    assert "make lint" in (ROOT / ".ci" / "run").read_text(encoding="utf-8")


def test_glossary_and_code_are_in_step():
    """Each of our tables has a word, each word one plain sentence and a name that exists."""
    text = (ROOT / "docs" / "glossary.md").read_text(encoding="utf-8")
    rows = [row.strip("| ").split(" | ") for row in re.findall(r"^\|.*\|$", text, re.MULTILINE)]
    entries = [row for row in rows if row[0] != "word" and "---" not in row[0]]
    assert entries
    words = [word for word, _, _ in entries]
    assert sorted(set(words)) == sorted(words)
    for word, sentence, _ in entries:
        assert re.fullmatch(r"[A-Z][^.]*\.", sentence), word
    meant = [_named(code.strip("`")) for _, _, code in entries]
    ours = [model for model in apps.get_models() if re.match(APPS, model.__module__)]
    assert ours
    assert not [model.__name__ for model in ours if model not in meant]


def _named(dotted: str) -> object:
    """The module, or what is in it. Raises where there is no such thing."""
    try:
        return import_module(dotted)
    except ModuleNotFoundError:
        holder, _, name = dotted.rpartition(".")
        return getattr(_named(holder), name)


def test_readme_names_every_setting():
    source = (ROOT / "facsweb" / "settings.py").read_text(encoding="utf-8")
    read = set(re.findall(r'env_[a-z_]+\(\s*"([A-Z0-9_]+)"', source))
    named = set(re.findall(r"[A-Z][A-Z0-9_]{3,}", README))
    assert read
    assert read <= named
