"""The faults. Each asks for writes, strikes, and waits until the product has noticed."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from random import Random

from tests.faults.history import History
from tests.faults.world import FAKETIME, World, is_stopped
from tests.stack import ROOT

PHASES = ("claimed", "working", "stored", "uncommitted", "committed", "ended")
JOBS = ("import", "export")
LEASE_SECONDS = 6.0


@dataclass
class Case:
    """One run: which fault, at which phase, of which job; and what else goes on."""

    world: World
    history: History
    random: Random
    phase: str
    job: str

    def strike(self, act: str) -> int | None:
        """Order a worker struck at the phase, ask for the job, wait until it is; return who."""
        self.world.order(self.phase, act, self.random.randint(1, 2))
        self.history.ask(self.job)
        return self.world.struck()

    def load(self) -> None:
        """Ask for something else beside it."""
        for _ in range(self.random.randint(1, 3)):
            self.history.ask(self.random.choice(["upload", *JOBS]))


def child_killed(case: Case) -> None:
    case.strike("kill")
    case.load()


def worker_killed(case: Case) -> None:
    """Kill a worker's main process and its child, which stands still at the phase."""
    struck = case.strike("stop")
    case.load()
    if struck is not None:
        case.world.kill(_worker_of(case.world, struck))


def child_stopped_beyond_its_lease(case: Case) -> None:
    """Wake it when another has done its work: not a row, not a file may change by that."""
    struck = case.strike("stop")
    case.load()
    if struck is None:
        return
    _wait_for_takeover(case.world)
    before = case.world.everything()
    # At the end the run was its own: it may remove what was sent.
    calm = case.phase != "ended" and not case.world.rows.active()
    _wake(case.world, struck)
    if calm and case.world.everything() != before:
        case.history.verdict.doubled.append("a woken worker wrote")


def worker_stopped_beyond_its_lease(case: Case) -> None:
    """Stop main process and child: neither heartbeat nor sweep goes on there."""
    struck = case.strike("stop")
    if struck is None:
        return
    worker = case.world.stack.children[_worker_of(case.world, struck)]
    worker.send_signal(signal.SIGSTOP)
    case.load()
    _wait_for_takeover(case.world)
    worker.send_signal(signal.SIGCONT)
    _wake(case.world, struck)


def worker_terminated(case: Case) -> None:
    struck = case.strike("stop")
    case.load()
    if struck is None:
        return
    name = _worker_of(case.world, struck)
    case.world.stack.children[name].send_signal(signal.SIGTERM)
    time.sleep(case.random.random())
    _wake(case.world, struck)
    case.world.kill(name, signal.SIGTERM)


def web_killed(case: Case) -> None:
    """Kill the web server somewhere within a request."""
    asking = threading.Thread(target=case.load)
    asking.start()
    time.sleep(case.random.random() * 0.4)
    case.world.kill("web")
    asking.join()
    case.world.start_web()
    case.load()


def broker_restarted(case: Case) -> None:
    case.strike("kill")
    case.world.kill("broker", case.random.choice([signal.SIGTERM, signal.SIGKILL]))
    case.world.start_broker()
    case.load()


def broker_wiped(case: Case) -> None:
    """Empty it while messages wait there."""
    for name in ("worker-a", "worker-b"):
        case.world.stack.children[name].send_signal(signal.SIGSTOP)
    case.history.ask(case.job)
    case.load()
    case.world.broker().flushall()
    case.world.wake()


def broker_away_at_submit(case: Case) -> None:
    case.world.kill("broker")
    case.history.ask(case.job)
    case.load()
    case.world.start_broker()


def message_twice_at_once(case: Case) -> None:
    """Send it as often as there are workers and once more, while both wait for something."""
    for name in ("worker-a", "worker-b"):
        case.world.stack.children[name].send_signal(signal.SIGSTOP)
    asked = case.history.ask(case.job)
    _send_again(case.world, case.job, asked.pk, 3)
    case.world.wake()
    case.load()


def database_restarted(case: Case) -> None:
    """Restart it at the phase of a job, while people write."""
    assert case.world.database is not None
    struck = case.strike("stop")
    loading = threading.Thread(target=case.load)
    loading.start()
    case.world.database.restart(case.random.choice(["fast", "immediate"]))
    loading.join()
    if struck is not None:
        _wake(case.world, struck)


def disk_full(case: Case) -> None:
    """Leave no room; what is asked for then is refused in words or fails in words."""
    case.world.fill_disk()
    asked = case.history.ask(case.job, may_fail="no room left")
    if asked.acknowledged:
        case.world.wait(lambda: not case.world.rows.active(), "an end")
        run = case.world.rows.run(case.job, asked.pk)
        if run and run["status"] != "failed":
            case.history.verdict.wrong.append(f"{case.job} on a full disk {run['status']}")
    elif "no room" not in asked.refusal.lower():
        case.history.verdict.wrong.append(f"refused without saying why: {asked.refusal}")
    (case.world.media / "filler").unlink()
    case.load()


def clocks_apart(case: Case) -> None:
    """Have a third worker, two minutes ahead or behind, sweep while a job goes on for long."""
    ahead = case.random.choice(["+120s", "-120s"])
    clock = {"LD_PRELOAD": str(FAKETIME), "FAKETIME": ahead}
    case.world.start_worker("other", **clock)
    case.strike("pause")
    case.load()
    case.world.wait(lambda: not case.world.rows.active(), "an end")
    for asked in case.history.asked:
        run = case.world.rows.run(asked.kind, asked.pk) if asked.kind in JOBS else None
        if run and run["attempts"] > 1:
            case.history.verdict.doubled.append(f"{asked.kind} {asked.pk} was taken: {run['log']}")


def time_limit(case: Case) -> None:
    """Let a job take longer than it may: it is told, and not tried again."""
    for name in ("worker-a", "worker-b"):
        case.world.kill(name, signal.SIGTERM)
    case.world.start_worker("short", TASK_TIME_LIMIT="8")
    act = "hang" if case.phase == "working" else "pause"
    # The first commit is the claim's, before the work.
    case.world.order(case.phase, act, 2 if case.phase == "committed" else 1)
    asked = case.history.ask(case.job, may_fail="TASK_TIME_LIMIT")
    case.world.struck()
    case.world.wait(lambda: not case.world.rows.active(), "an end")
    run = case.world.rows.run(case.job, asked.pk)
    if run is None or run["status"] != "failed" or run["attempts"] != 1:
        case.history.verdict.wrong.append(f"a job that took too long: {run}")
    case.world.mend()


def training_killed(case: Case) -> None:
    """Kill the child that trains; the next goes on from its checkpoints, and predictions follow."""
    case.world.prepare_training()
    case.world.order(case.phase, "kill", 5 if case.phase == "epoch" else 1)
    case.history.ask("training")
    if case.world.struck(seconds=900) is None:
        case.history.verdict.wrong.append("no training came by")


@dataclass(frozen=True)
class Fault:
    """A fault, where it can strike, and on which databases."""

    strike: Callable[[Case], None]
    phases: tuple[str, ...] = ("",)
    jobs: tuple[str, ...] = JOBS
    only_on: str = ""
    needs_small_disk: bool = False

    @property
    def name(self) -> str:
        return self.strike.__name__.replace("_", " ")


FAULTS = (
    Fault(child_killed, PHASES),
    Fault(child_stopped_beyond_its_lease, PHASES),
    Fault(worker_killed, PHASES),
    Fault(worker_stopped_beyond_its_lease, ("claimed", "stored", "committed")),
    Fault(worker_terminated, ("claimed", "working", "committed")),
    Fault(web_killed),
    Fault(broker_restarted, ("claimed", "committed")),
    Fault(broker_wiped),
    Fault(broker_away_at_submit),
    Fault(message_twice_at_once),
    Fault(database_restarted, PHASES, only_on="postgres"),
    Fault(clocks_apart, ("working",), only_on="postgres"),
    Fault(disk_full, jobs=("import", "export", "upload"), needs_small_disk=True),
    Fault(time_limit, ("committed", "working"), ("import",), only_on="sqlite"),
    Fault(training_killed, ("epoch", "weights", "ended"), ("training",), only_on="sqlite"),
)


def _worker_of(world: World, struck: int) -> str:
    for name in ("worker-a", "worker-b"):
        if name in world.stack.children and world.child_of(name) == struck:
            return name
    raise AssertionError(f"process {struck} is no worker's child")


def _wait_for_takeover(world: World) -> None:
    """Wait until another worker has ended what the stopped one had, or couldn't.

    On SQLite a process that is stopped within a transaction has the only write lock.
    """
    deadline = time.monotonic() + LEASE_SECONDS * 3
    while world.rows.active() and time.monotonic() < deadline:
        time.sleep(0.2)


def _wake(world: World, struck: int) -> None:
    """Wake a process, and give it time to do what it would."""
    deadline = time.monotonic() + 10
    while not is_stopped(struck) and time.monotonic() < deadline:
        time.sleep(0.05)
    world.wake()
    time.sleep(1.5)


def _send_again(world: World, job: str, pk: int, times: int) -> None:
    task = {"import": "carry_out_import", "export": "carry_out_export"}[job]
    code = (
        "import django; django.setup(); from celery import current_app\n"
        f"for _ in range({times}):\n"
        f"    current_app.send_task('annotations.transfers.tasks.{task}', [{pk}])"
    )
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=world.stack.environment, check=True)
