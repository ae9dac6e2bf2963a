"""The faults. Each asks for writes, strikes, and waits until the product has noticed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from tests.faults import outages, processes
from tests.faults.case import JOBS, Case

PHASES = ("claimed", "working", "stored", "uncommitted", "committed", "ended")


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
    Fault(processes.child_killed, PHASES),
    Fault(processes.child_stopped_beyond_its_lease, PHASES),
    Fault(processes.worker_killed, PHASES),
    Fault(processes.worker_stopped_beyond_its_lease, ("claimed", "stored", "committed")),
    Fault(processes.worker_terminated, ("claimed", "working", "committed")),
    Fault(processes.web_killed),
    Fault(outages.broker_restarted, ("claimed", "committed")),
    Fault(outages.broker_wiped),
    Fault(outages.broker_away_at_submit),
    Fault(processes.message_twice_at_once),
    Fault(outages.database_restarted, PHASES, only_on="postgres"),
    Fault(outages.clocks_apart, ("working",), only_on="postgres"),
    Fault(outages.database_away, ("claimed", "uncommitted", "stored"), only_on="postgres"),
    Fault(outages.disk_full, jobs=("import", "export", "upload"), needs_small_disk=True),
    Fault(outages.disk_read_only, jobs=("import", "export", "upload"), needs_small_disk=True),
    Fault(processes.time_limit, ("committed", "working"), ("import",), only_on="sqlite"),
    Fault(
        processes.withdrawal_killed,
        ("claimed", "working", "uncommitted", "committed", "ended"),
        ("withdrawal",),
    ),
    Fault(
        processes.training_killed, ("epoch", "weights", "ended"), ("training",), only_on="sqlite"
    ),
    Fault(
        outages.disk_full_at_the_artefact,
        ("artefact", "digest", "rename"),
        ("training",),
        only_on="sqlite",
        needs_small_disk=True,
    ),
)
