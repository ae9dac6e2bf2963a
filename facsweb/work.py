"""Workers, one for each queue: `python -m facsweb.work QUEUE...`.

Several are forked from one process that has loaded the product, so that they share its memory and
it is loaded once. Celery's own command would bring along a prompt and its colours, 10 MB each.
"""

from __future__ import annotations

import gc
import os
import signal
import sys
from collections.abc import Sequence

from facsweb.left_out import left_out

with left_out("opentelemetry"):
    import redis  # noqa: F401 - without what it would take along

from celery.signals import worker_before_create_process
from celery.utils.nodenames import host_format

from facsweb.celery import app
from facsweb.processes import die_with_parent, ended_by_signals, name_process


def work(queue: str) -> int:
    """Carry out jobs until SIGTERM, then hand back what is under way; return the exit code.

    TensorFlow is not fork-safe, so only the worker's child imports it. A training ends its child,
    which gives the memory back; an inference child stays, and keeps its model loaded.
    """
    name_process(f"work {queue}")
    worker_before_create_process.connect(_keep_shared)
    worker = app.Worker(
        hostname=host_format(f"{queue}@%h"),
        queues=[queue],
        concurrency=1,
        loglevel="INFO",
        max_tasks_per_child=1 if queue == "training" else None,
    )
    worker.start()
    return worker.exitcode or 0


def work_each(queues: Sequence[str]) -> int:
    """Start a worker for each queue; wait until one ends or a signal comes, and end the others.

    Nothing is connected to when they are forked, neither database nor broker.
    """
    _keep_shared()
    parent, workers = os.getpid(), []
    for queue in queues:
        pid = os.fork()
        if pid == 0:
            die_with_parent()
            return work(queue) if os.getppid() == parent else 1
        workers.append(pid)
    code = 0
    try:
        with ended_by_signals():
            ended, status = os.wait()
        workers.remove(ended)
        code = os.waitstatus_to_exitcode(status) or 1  # none should have
    except KeyboardInterrupt:
        pass
    for pid in workers:
        os.kill(pid, signal.SIGTERM)
    for pid in workers:
        os.waitpid(pid, 0)
    return code


def _keep_shared(sender: object = None, **kwargs: object) -> None:
    """Keep what is loaded out of garbage collections: one in a child would copy all of it."""
    gc.collect()
    gc.freeze()


def main(queues: Sequence[str]) -> int:
    app.loader.import_default_modules()
    return work(queues[0]) if len(queues) == 1 else work_each(queues)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
