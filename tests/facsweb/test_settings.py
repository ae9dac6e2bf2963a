"""A missing or malformed setting stops the start with a message that names it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
OURS = {
    "TRUSTED_PROXIES",
    "SECRET_KEY",
    "SECRET_KEY_FILE",
    "DATABASE_URL",
    "REDIS_URL",
    "VGG16_WEIGHTS",
    "DEBUG",
}


def start(**variables: str) -> subprocess.CompletedProcess:
    inherited = {name: value for name, value in os.environ.items() if name not in OURS}
    return subprocess.run(
        [sys.executable, "manage.py", "check"],
        cwd=ROOT,
        env={**inherited, **variables},
        capture_output=True,
        text=True,
        check=False,
    )


def test_starts_with_a_secret_key_alone():
    assert start(SECRET_KEY="x" * 50).returncode == 0


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("SECRET_KEY", ""),
        ("SECRET_KEY", "x" * 49),
        ("SECRET_KEY_FILE", "/nowhere/at/all"),
        ("DATABASE_URL", "mysql://somewhere/db"),
        ("DATABASE_URL", "not a url"),
        ("REDIS_URL", "http://localhost"),
        ("VGG16_WEIGHTS", "/nowhere/at/all.npz"),
        ("DEBUG", "perhaps"),
        ("TASK_TIME_LIMIT", "soon"),
        ("TRUSTED_PROXIES", "the gateway"),
    ],
)
def test_bad_value_is_named_without_a_traceback(variable, value):
    given = {"SECRET_KEY": "x" * 50} if not variable.startswith("SECRET_KEY") else {}
    answer = start(**{**given, variable: value})
    assert answer.returncode != 0
    assert variable in answer.stderr
    assert "Traceback" not in answer.stderr


def test_secret_key_can_come_from_a_file(tmp_path):
    key = tmp_path / "key"
    key.write_text("k" * 50)
    assert start(SECRET_KEY_FILE=str(key)).returncode == 0
