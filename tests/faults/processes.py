"""Faults of processes: killed, stopped, ended, or told the same thing twice."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
import time

from tests.faults.case import Case, wait_for_takeover, wake, worker_of
from tests.faults.world import World
from tests.stack import ROOT


def child_killed(case: Case) -> None:
    case.strike("kill")
    case.load()


def worker_killed(case: Case) -> None:
    """Kill a worker's main process and its child, which stands still at the phase."""
    struck = case.strike("stop")
    case.load()
    if struck is not None:
        case.world.kill(worker_of(case.world, struck))


def child_stopped_beyond_its_lease(case: Case) -> None:
    """Wake it when another has done its work: nothing new may come of that, no row and no file.

    It may take back a file that it had stored and no row names; of others the checker hears.
    """
    struck = case.strike("stop")
    case.load()
    if struck is None:
        return
    wait_for_takeover(case.world)
    before = case.world.everything()
    # At the end the run was its own: it may remove what was sent.
    calm = case.phase != "ended" and not case.world.rows.active()
    wake(case.world, struck)
    if calm and (new := case.world.everything() - before):
        case.history.verdict.doubled.append(f"a woken worker wrote: {sorted(map(str, new))}")


def worker_stopped_beyond_its_lease(case: Case) -> None:
    """Stop main process and child: neither heartbeat nor sweep goes on there."""
    struck = case.strike("stop")
    if struck is None:
        return
    worker = case.world.stack.children[worker_of(case.world, struck)]
    worker.send_signal(signal.SIGSTOP)
    case.load()
    wait_for_takeover(case.world)
    worker.send_signal(signal.SIGCONT)
    wake(case.world, struck)


def worker_terminated(case: Case) -> None:
    struck = case.strike("stop")
    case.load()
    if struck is None:
        return
    name = worker_of(case.world, struck)
    case.world.stack.children[name].send_signal(signal.SIGTERM)
    time.sleep(case.random.random())
    wake(case.world, struck)
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


def message_twice_at_once(case: Case) -> None:
    """Send it as often as there are workers and once more, while both wait for something."""
    for name in ("worker-a", "worker-b"):
        case.world.stack.children[name].send_signal(signal.SIGSTOP)
    asked = case.history.ask(case.job)
    _send_again(case.world, case.job, asked.pk, 3)
    case.world.wake()
    case.load()


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


def withdrawal_killed(case: Case) -> None:
    """Kill the worker that removes a subject: another goes on, and nothing of them is left."""
    imported = case.history.ask("import")
    case.history.ask("upload")
    case.world.wait(lambda: not case.world.rows.active(), "an end")
    often = case.phase in {"uncommitted", "committed"}
    case.world.order(case.phase, "kill", case.random.randint(1, 5) if often else 1)
    case.history.withdraw(imported)
    case.world.struck()
    case.history.ask("upload")


def _send_again(world: World, job: str, pk: int, times: int) -> None:
    task = {"import": "carry_out_import", "export": "carry_out_export"}[job]
    code = (
        "import django; django.setup(); from celery import current_app\n"
        f"for _ in range({times}):\n"
        f"    current_app.send_task('annotations.transfers.tasks.{task}', [{pk}])"
    )
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=world.stack.environment, check=True)
