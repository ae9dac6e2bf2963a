"""Messages that wait in the broker: a queued run whose message is there needs no other."""

from __future__ import annotations

import json

import redis

from facsweb.jobs.heartbeat import broker_client


def waiting_messages(queue: str) -> frozenset[str] | None:
    """Return the ids of the messages that wait in a queue; None where the broker doesn't answer.

    Those that a worker took but hasn't acknowledged don't count: the worker may be dead, and the
    broker gives them back only when the longest job would have ended.
    """
    try:
        waiting = broker_client().lrange(queue, 0, -1)
    except redis.RedisError:
        return None
    # Celery's envelope (kombu.transport.virtual) has the task's id among its headers.
    return frozenset(str(json.loads(each)["headers"]["id"]) for each in waiting)
