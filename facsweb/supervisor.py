"""The process above the web server or the workers, for as long as they run.

`manage.py run` and `manage.py worker` check and prepare with Django loaded, and then become this
one (execv): it knows neither Django nor the product, so it keeps some 12 MB instead of 130.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import NoReturn

from facsweb.broker import BrokerError, embedded_broker
from facsweb.processes import ProcessError, ended_by_signals, start, stop, wait_for_any


@dataclass(frozen=True)
class Plan:
    """A list of children to run, and what is said of them.

    Attributes
    ----------
    commands
        One for each child.
    broker
        The folder of the embedded Valkey (VAR_DIR); empty where Redis is somebody else's to run.
    said
        Said when all children have been started. It may hold a secret.
    farewell
        Said when Ctrl-C or a signal has ended everything.
    """

    commands: Sequence[Sequence[str]]
    broker: str
    said: str = ""
    farewell: str = "Stopped."


def become_supervisor(plan: Plan) -> NoReturn:
    """Replace this process by one that runs `plan`, under the same id."""
    # By a pipe, neither arguments nor environment: others read the ones, children both.
    ours, theirs = os.pipe()
    os.write(theirs, json.dumps(asdict(plan)).encode())
    os.close(theirs)
    os.set_inheritable(ours, True)
    sys.stdout.flush()
    sys.stderr.flush()
    os.chdir(Path(__file__).resolve().parent.parent)
    program = [sys.executable, "-m", "facsweb.supervisor", str(ours)]
    os.execv(sys.executable, program)  # noqa: S606  # nosec B606 - ourselves, no shell


def supervise(plan: Plan) -> None:
    """Run the plan's children until one ends by itself, or a signal ends all.

    Raises
    ------
    BrokerError, ProcessError
    """
    with (
        ended_by_signals(),
        embedded_broker(Path(plan.broker)) if plan.broker else nullcontext(),
    ):
        children = []
        try:
            for command in plan.commands:
                children.append(start(command))
            if plan.said:
                print(plan.said, flush=True)  # a service's log shows it now, not at the end
            wait_for_any(children)
        finally:
            stop(children)


def main(pipe: int) -> None:
    """Read the plan from a pipe that was handed on, and run it."""
    with os.fdopen(pipe, "rb") as handed_on:
        plan = Plan(**json.load(handed_on))
    try:
        supervise(plan)
    except (BrokerError, ProcessError) as error:
        sys.exit(f"facsweb: {error}")
    except KeyboardInterrupt:
        print(plan.farewell, flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]))
