"""One run of a fault: what it strikes, and what else goes on."""

from __future__ import annotations

import time
from dataclasses import dataclass
from random import Random

from tests.faults.history import History
from tests.faults.machine import is_stopped
from tests.faults.world import World

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


def worker_of(world: World, struck: int) -> str:
    for name in ("worker-a", "worker-b"):
        if name in world.stack.children and world.child_of(name) == struck:
            return name
    raise AssertionError(f"process {struck} is no worker's child")


def wait_for_takeover(world: World) -> None:
    """Wait until another worker has ended what the stopped one had, or couldn't.

    On SQLite a process that is stopped within a transaction has the only write lock.
    """
    deadline = time.monotonic() + LEASE_SECONDS * 3
    while world.rows.active() and time.monotonic() < deadline:
        time.sleep(0.2)


def wake(world: World, struck: int) -> None:
    """Wake a process, and give it time to do what it would."""
    deadline = time.monotonic() + 10
    while not is_stopped(struck) and time.monotonic() < deadline:
        time.sleep(0.05)
    world.wake()
    time.sleep(1.5)
