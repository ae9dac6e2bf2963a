"""Faults of what the product stands on: broker, database, disks, clocks."""

from __future__ import annotations

import signal
import threading

from tests.faults.case import JOBS, Case, wake
from tests.faults.machine import fill
from tests.faults.world import FAKETIME


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


def database_restarted(case: Case) -> None:
    """Restart it at the phase of a job, while people write."""
    assert case.world.database is not None
    struck = case.strike("stop")
    loading = threading.Thread(target=case.load)
    loading.start()
    case.world.database.restart(case.random.choice(["fast", "immediate"]))
    loading.join()
    if struck is not None:
        wake(case.world, struck)


def database_away(case: Case) -> None:
    """End the database with a job under way, and start it after people have asked in vain."""
    assert case.world.database is not None
    case.world.session()
    struck = case.strike("stop")
    case.world.database.stop(case.random.choice(["fast", "immediate"]))
    refused = case.history.ask("upload")
    if refused.acknowledged or "database_away" not in refused.refusal:
        case.history.verdict.wrong.append(f"without a database: {refused.refusal}")
    _look(case, "/jobs/", 503, "The database doesn")
    _look(case, "/readyz", 503, "")
    _look(case, "/healthz", 200, "")
    case.world.database.start()
    if struck is not None:
        wake(case.world, struck)
    case.load()


def disk_full(case: Case) -> None:
    """Leave no room; what is asked for then is refused in words or fails in words."""
    fill(case.world.media)
    _ask_in_vain(case, "no room left")
    case.world.free_disk()
    case.load()


def disk_read_only(case: Case) -> None:
    """Mount the disk of pictures read-only under the running server, and back."""
    case.world.session()  # whose start is a write
    case.world.remount("ro")
    _ask_in_vain(case, "disk can’t be written to", "can only read at the moment")
    _look(case, "/jobs/", 200, "can’t be written to")
    case.world.remount("rw")
    case.load()


def disk_full_at_the_artefact(case: Case) -> None:
    """Fill the disk of models at a step of an artefact's writing; once there is room, try again.

    Before the network is saved, before the manifest, and at the rename, after which the graphs need
    room, the training fails in words, and leaves nothing.
    """
    world = case.world
    world.prepare_training()
    before = sorted(world.models.iterdir())
    # A network, readings and a projection have digests.
    world.order(case.phase, "fill", 3 if case.phase == "digest" else 1)
    asked = case.history.ask("training")
    if world.struck(seconds=900) is None:
        case.history.verdict.wrong.append("no training wrote an artefact")
        return
    world.wait(lambda: not world.rows.active(), "an end", 900)
    run = world.rows.run("training", asked.pk)
    world.free_disk()
    if case.phase == "rename" and run and run["status"] == "succeeded":
        return
    if run is None or run["status"] != "failed" or "no room left" not in run["error"]:
        case.history.verdict.wrong.append(f"a training on a full disk: {run}")
    if sorted(world.models.iterdir()) != before:
        case.history.verdict.wrong.append("half an artefact stayed")
    asked.most_ends = 2
    world.stack.call(f"jobs/training-{asked.pk}/retry/", user="admin", json_body={})


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


def _ask_in_vain(case: Case, failure: str, refusal: str = "") -> None:
    """Ask for the job: it is refused in these words, or acknowledged and failed in those."""
    asked = case.history.ask(case.job, may_fail=failure)
    if asked.acknowledged:
        case.world.wait(lambda: not case.world.rows.active(), "an end")
        run = case.world.rows.run(case.job, asked.pk)
        if run and run["status"] != "failed":
            case.history.verdict.wrong.append(f"{case.job} in vain {run['status']}")
    elif (refusal or failure).lower() not in asked.refusal.lower():
        case.history.verdict.wrong.append(f"refused without saying why: {asked.refusal}")


def _look(case: Case, path: str, status: int, words: str) -> None:
    """Look whether an admin's page answers so, and says so."""
    got, page = case.world.page(path)
    if got != status or words not in page:
        case.history.verdict.wrong.append(f"{path} answered {got}, without “{words}”")
