"""Some of the faults of `make faults`, one of each kind that is quick, in one world."""

from __future__ import annotations

import os
from dataclasses import replace

import pytest

from tests.faults.runs import Plan, carry_out, plans
from tests.faults.world import world

pytestmark = pytest.mark.worker

POSTGRES = "DATABASE_URL" in os.environ
#: Fault, phase and job, on SQLite.
DOZEN = (
    ("child killed", "claimed", "import"),
    ("child killed", "stored", "export"),
    ("child killed", "ended", "import"),
    ("child stopped beyond its lease", "working", "export"),
    ("child stopped beyond its lease", "committed", "import"),
    ("worker killed", "uncommitted", "export"),
    ("worker terminated", "committed", "import"),
    ("broker restarted", "committed", "export"),
    ("broker wiped", "", "import"),
    ("broker away at submit", "", "export"),
    ("message twice at once", "", "import"),
    ("disk full", "", "upload"),
    ("disk read only", "", "upload"),
    ("withdrawal killed", "uncommitted", "withdrawal"),
)
#: On PostgreSQL, whose server isn't ours to stop: `make faults` starts one of its own.
FOUR = (
    ("child killed", "uncommitted", "import"),
    ("worker killed", "committed", "export"),
    ("message twice at once", "", "import"),
    ("withdrawal killed", "committed", "withdrawal"),
)


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    with world(tmp_path_factory.mktemp("faults")) as running:
        yield running


def plan(fault: str, phase: str, job: str) -> Plan:
    every = plans("postgres" if POSTGRES else "sqlite", small_disk=True)
    found = [p for p in every if (p.fault.name, p.phase, p.job) == (fault, phase, job)]
    return replace(found[0], load=False)


@pytest.mark.parametrize(("fault", "phase", "job"), FOUR if POSTGRES else DOZEN)
def test_what_was_acknowledged_is_there_once(made, fault, phase, job):
    if fault.startswith("disk") and not made.has_small_disk:
        pytest.skip("mounting a small disk isn't allowed here")
    outcome = carry_out(made, plan(fault, phase, job))
    assert outcome.verdict.is_well, f"{outcome.plan}: {outcome.verdict}"
