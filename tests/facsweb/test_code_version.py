"""The code of a run is told with git and without, and never fails."""

import subprocess

import pytest

from facsweb.code_version import CodeVersion, code_version


@pytest.fixture
def code(tmp_path):
    """A folder of code as ours, not in any repository."""
    root = tmp_path / "code"
    (root / "training").mkdir(parents=True)
    (root / "training" / "one.py").write_text("a = 1\n")
    (root / "manage.py").write_text("")
    (root / "pyproject.toml").write_text('[project]\nversion = "1.2"\n')
    return root


def _git(root, *command):
    who = ["-c", "user.name=a", "-c", "user.email=a@example.org"]
    subprocess.run(["git", *who, *command], cwd=root, check=True, capture_output=True)


def test_without_a_repository_the_source_tells(code, monkeypatch):
    before = code_version(code)
    assert (before.version, before.commit, before.changed) == ("1.2", "", False)
    assert str(before) == f"version 1.2, source {before.source_sha256[:12]}"
    (code / "training" / "one.py").write_text("a = 2\n")
    assert code_version(code).source_sha256 != before.source_sha256
    monkeypatch.setenv("PATH", "")  # no git at all
    assert code_version(code).commit == ""


def test_a_commit_and_what_is_not_committed(code):
    bare = code_version(code)
    _git(code, "init", "-q")
    assert code_version(code).commit == ""  # nothing is committed yet
    _git(code, "add", ".")
    _git(code, "commit", "-qm", "one")
    clean = code_version(code)
    assert len(clean.commit) == 40
    assert not clean.changed
    assert clean.source_sha256 == bare.source_sha256
    (code / "notes.txt").write_text("of no matter")
    assert not code_version(code).changed
    (code / "training" / "two.py").write_text("b = 1\n")
    changed = code_version(code)
    assert changed.changed
    assert str(changed) == f"commit {clean.commit[:12]} with uncommitted changes"
    assert CodeVersion.from_json(changed.to_json()) == changed


def test_somebody_elses_repository_is_not_ours(code):
    _git(code.parent, "init", "-q")
    _git(code.parent, "add", ".")
    _git(code.parent, "commit", "-qm", "one")
    assert code_version(code).commit == ""


def test_our_own_is_known():
    assert code_version().source_sha256
    assert str(CodeVersion.from_json({})) == "not recorded"
