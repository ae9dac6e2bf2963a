"""Run faults and report: `python -m tests.faults [--runs 100] [--seed 7 --database sqlite]`.

Without a seed, every fault is tried at every phase, on SQLite and then on PostgreSQL. A seed that
fails is printed, carried out again with nothing beside the fault, and makes the command fail.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path

import tests.environment  # noqa: F401 - a key for a bare run

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "facsweb.settings")

from facsweb.processes import ended_by_signals
from tests.faults.runs import Outcome, Plan, carry_out, plan_of, plans, smallest
from tests.faults.world import FAKETIME, Database, World, world


@contextlib.contextmanager
def a_world(database: str) -> Iterator[World]:
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="faults")))
        server = None
        os.environ.pop("DATABASE_URL", None)
        if database == "postgres":
            from tests.postgres import address_of, started_server

            started = stack.enter_context(started_server())
            # What is acknowledged is to outlive the server's crash, though not the machine's.
            started.psql("ALTER SYSTEM SET synchronous_commit = on")
            started.psql("SELECT pg_reload_conf()")
            server = Database(started)
            os.environ["DATABASE_URL"] = address_of(started)
        yield stack.enter_context(world(folder, server))


def run_on(database: str, seeds: list[int] | None, most: int | None) -> Iterator[Outcome]:
    """Carry out the seeds, or every plan, in one world; tell of each as it ends."""
    with a_world(database) as made:
        small = made.has_small_disk
        known = range(len(plans(database, small_disk=small)))
        chosen = seeds or list(known)[:most]
        print(
            f"{database}: {len(chosen)} runs; the media are on "
            + ("a small tmpfs" if small else "the usual disk: mounting isn't allowed, none is full")
        )
        for seed in chosen:
            plan = plan_of(seed, database, small_disk=small)
            began = time.monotonic()
            outcome = carry_out(made, plan)
            yield outcome
            told = f"{outcome.verdict}, {outcome.acknowledged} acknowledged"
            print(f"  {plan}: {told} ({time.monotonic() - began:.0f} s)", flush=True)
            if not outcome.verdict.is_well:
                _tell(made, plan, database)


def _tell(made: World, plan: Plan, database: str) -> None:
    least = smallest(made, plan)
    print(f"  FAILED. The smallest that fails: {least}")
    print(f"  again: python -m tests.faults --database {database} --seed {plan.seed}", flush=True)
    for name in sorted(made.folder.glob("*.log")):
        print(
            f"  --- {name.name}", *name.read_text(errors="replace").splitlines()[-15:], sep="\n  "
        )


def report(outcomes: list[Outcome]) -> bool:
    """Print how many of each fault were survived; tell whether all were."""
    runs: Counter[str] = Counter()
    found: dict[str, Counter[str]] = defaultdict(Counter)
    for outcome in outcomes:
        for name in (outcome.plan.fault.name, "all"):
            runs[name] += 1
            verdict = outcome.verdict
            found[name] += Counter(
                acknowledged=outcome.acknowledged,
                lost=len(verdict.lost),
                doubled=len(verdict.doubled),
                stuck=len(verdict.stuck),
                wrong=len(verdict.wrong),
            )
    columns = ("acknowledged", "lost", "doubled", "stuck", "wrong")
    print(f"{'fault':32} runs " + " ".join(columns))
    for name in [*sorted(set(runs) - {"all"}), "all"]:
        numbers = " ".join(f"{found[name][each]:>{len(each)}}" for each in columns)
        print(f"{name:32} {runs[name]:>4} {numbers}")
    return all(outcome.verdict.is_well for outcome in outcomes)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, help="Left out: every fault at every phase, once.")
    parser.add_argument("--seed", type=int, action="append")
    parser.add_argument("--database", choices=["sqlite", "postgres"])
    given = parser.parse_args()
    names = [given.database] if given.database else ["sqlite", "postgres"]
    most = given.runs // len(names) if given.runs else None
    if not FAKETIME.exists():
        print("libfaketime (Debian's faketime) isn't here: clocks aren't set apart")
    outcomes: list[Outcome] = []
    try:
        with ended_by_signals():  # and every process with us
            for name in names:
                outcomes.extend(run_on(name, given.seed, most))
    finally:  # also of what was broken off
        all_well = report(outcomes)
    return 0 if all_well else 1


if __name__ == "__main__":
    sys.exit(main())
