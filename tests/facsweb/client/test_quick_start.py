"""The snippets of docs/api.md, run as they stand against a real server."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest

from tests.factories import png
from tests.stack import PASSWORD, ROOT, bare_stack

pytestmark = pytest.mark.worker
_TEXT = (ROOT / "docs" / "api.md").read_text(encoding="utf-8")


def snippet(language: str) -> str:
    """The first one in that language: later ones show a line or two of something else."""
    return re.findall(rf"```{language}\n(.*?)```", _TEXT, re.DOTALL)[0]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    made = tmp_path_factory.mktemp("quick-start")
    for name in ("face", "S005_002_00000009", "S005_003_00000012"):
        (made / f"{name}.png").write_bytes(png())
    return made


@pytest.fixture(scope="module")
def server(folder):
    with bare_stack(folder, queues=[]) as stack:
        yield stack


def test_curl_then_python(server, folder):
    environment = {
        **server.environment, "FACSWEB_URL": server.url, "NAME": "reviewer", "PASSWORD": PASSWORD,
    }  # fmt: skip
    script = f"set -e\n{snippet('sh')}"
    told = subprocess.run(
        ["bash", "-c", script], cwd=folder, env=environment, capture_output=True, text=True,
        check=False,
    )  # fmt: skip
    assert told.returncode == 0, told.stdout + told.stderr
    assert told.stdout.count('"status":"created"') == 4
    assert '"code":' not in told.stdout.replace('"code":""', "").replace('"code":"S005"', "")
    environment |= {"FACSWEB_TOKEN": server.token("reviewer"), "PYTHONPATH": str(ROOT)}
    told = subprocess.run(
        [sys.executable, "-c", snippet("python")], env=environment, capture_output=True,
        text=True, check=False,
    )  # fmt: skip
    assert told.returncode == 0, told.stderr
    assert "2 surprise" in told.stdout
    assert "'created': 1" in told.stdout
