"""Seeded runs: a seed is a fault, a phase, a job and what else goes on; the same each time."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, replace
from random import Random

from tests.faults.case import Case
from tests.faults.faults import FAULTS, Fault
from tests.faults.history import REFUSALS, History, Verdict
from tests.faults.outages import clocks_apart
from tests.faults.world import FAKETIME, World


@dataclass(frozen=True)
class Plan:
    """What a seed stands for. `load` is left out when a failing one is made smaller."""

    seed: int
    fault: Fault
    phase: str
    job: str
    load: bool = True

    def __str__(self) -> str:
        where = f" at “{self.phase}”" if self.phase else ""
        return f"seed {self.seed}: {self.fault.name}{where}, {self.job}" + (
            "" if self.load else ", nothing beside it"
        )


@dataclass(frozen=True)
class Outcome:
    plan: Plan
    acknowledged: int
    verdict: Verdict


def plans(database: str, *, small_disk: bool) -> list[Plan]:
    """Return every fault at every phase of every job that this database and disk can have.

    The seed says all of it: its remainder the fault, phase and job, the rest what else goes on.
    """
    found = [
        (fault, phase, job)
        for fault in FAULTS
        if fault.only_on in {"", database}
        and (small_disk or not fault.needs_small_disk)
        and (FAKETIME.exists() or fault.strike is not clocks_apart)
        for phase, job in itertools.product(fault.phases, fault.jobs)
    ]
    Random(4).shuffle(found)  # so that the first dozen are of many kinds
    found.sort(key=lambda each: each[2] == "training")  # what takes long comes last
    return [Plan(seed, *each) for seed, each in enumerate(found)]


def plan_of(seed: int, database: str, *, small_disk: bool) -> Plan:
    known = plans(database, small_disk=small_disk)
    return replace(known[seed % len(known)], seed=seed)


def carry_out(world: World, plan: Plan) -> Outcome:
    """Strike once, mend, and look for all that was acknowledged."""
    random = Random(plan.seed)
    history = History(world, random)
    case = Case(world, history, random, plan.phase, plan.job)
    if not plan.load:
        case.load = lambda: None  # type: ignore[method-assign]
    world.wait(world.is_whole, "a whole world")
    try:
        plan.fault.strike(case)
    except REFUSALS as error:
        history.verdict.wrong.append(f"{type(error).__name__}: {error}")
    world.mend(keep=("worker-training", "worker-inference"))
    outcome = Outcome(plan, history.acknowledged, history.check())
    world.mend()
    return outcome


def smallest(world: World, plan: Plan) -> Plan:
    """Return a smaller plan that fails too, or the plan itself."""
    alone = replace(plan, load=False)
    return alone if not carry_out(world, alone).verdict.is_well else plan
