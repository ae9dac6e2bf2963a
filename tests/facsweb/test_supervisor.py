"""The process that `run` and `worker` become: its children end with it, however it ends."""

import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from tests.stack import ROOT

_BECOME = """
from facsweb.supervisor import Plan, become_supervisor
plan = Plan({commands!r}, broker={broker!r}, said="open /first/#only-once", farewell="Bye.")
become_supervisor(plan)
"""
_WAITING = ["sleep", "600"]


def _heed_ctrl_c() -> None:
    """Heed SIGINT even if the tests run in the background of a shell, where it is ignored."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


@pytest.fixture
def supervisor():
    started = []

    def start(*commands, broker=""):
        script = _BECOME.format(commands=list(commands), broker=str(broker))
        process = subprocess.Popen(
            [sys.executable, "-c", script],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            preexec_fn=_heed_ctrl_c,
        )
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.wait()
        process.stdout.close()


def _wait_for(condition):
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


@pytest.mark.parametrize("signum", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGKILL])
def test_children_and_valkey_end_with_it(supervisor, signum, tmp_path):
    process = supervisor(_WAITING, _WAITING, broker=tmp_path)
    assert process.stdout.readline() == "open /first/#only-once\n"
    children = psutil.Process(process.pid).children()
    assert sorted(child.name() for child in children) == ["sleep", "sleep", "valkey-server"]
    process.send_signal(signum)
    process.wait(timeout=60)
    _wait_for(lambda: not any(child.is_running() for child in children))
    if signum == signal.SIGKILL:
        assert process.returncode == -signal.SIGKILL
    else:
        assert process.returncode == 0
        assert process.stdout.read() == "Bye.\n"


def test_it_is_the_same_process_and_tells_others_nothing(supervisor):
    process = supervisor(_WAITING)
    process.stdout.readline()
    told = psutil.Process(process.pid)
    assert "facsweb.supervisor" in told.cmdline()
    (child,) = told.children()
    seen = [*told.cmdline(), *told.environ().values(), *child.environ().values()]
    assert not any("only-once" in each for each in seen)
    assert not list(Path(f"/proc/{process.pid}/fd").glob("[3-9]"))  # the pipe is closed


def test_a_child_that_ends_by_itself_ends_the_others(supervisor):
    process = supervisor(_WAITING, ["sh", "-c", "sleep 1; exit 3"])
    process.stdout.readline()
    waiting = psutil.Process(process.pid).children()[0]
    process.wait(timeout=60)
    assert process.returncode == 1
    assert "sh -c sleep 1; exit 3 ended by itself with exit code 3." in process.stdout.read()
    assert not waiting.is_running()
