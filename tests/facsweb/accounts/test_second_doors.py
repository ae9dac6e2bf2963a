"""Second factor and single sign-on: off by default, and as they should be where they are on."""

import os
import socket
import subprocess
import sys
from pathlib import Path

from django.apps import apps

HERE = Path(__file__).parent
ROOT = HERE.parent.parent.parent


def test_nothing_of_it_is_there_unless_turned_on(client):
    assert not any(config.name.startswith("allauth") for config in apps.get_app_configs())


def test_both_work_where_they_are_turned_on(tmp_path):
    """In a process of its own: apps are chosen at the start."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    inherited = {name: value for name, value in os.environ.items() if "XDIST" not in name}
    answer = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:randomly",
         str(HERE / "second_doors.py")],
        cwd=ROOT,
        env={
            **inherited,
            "DATABASE_URL": f"sqlite:///{tmp_path / 'db.sqlite3'}",
            "SECOND_FACTOR": "true",
            "OIDC_ISSUER": f"http://127.0.0.1:{port}",
            "OIDC_CLIENT_ID": "facsweb",
            "OIDC_CLIENT_SECRET": "a-secret-of-the-test",
        },
        capture_output=True,
        text=True,
        check=False,
    )  # fmt: skip
    assert answer.returncode == 0, answer.stdout[-6000:] + answer.stderr[-2000:]


def test_half_a_setting_is_named():
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("OIDC")}
    answer = subprocess.run(
        [sys.executable, "manage.py", "check"],
        cwd=ROOT,
        env={**inherited, "OIDC_ISSUER": "https://example.org"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert answer.returncode != 0
    assert "OIDC_CLIENT_ID" in answer.stderr
    assert "Traceback" not in answer.stderr
