"""Heartbeats of the workers: each one says in Redis, every few seconds, that it is there."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from functools import lru_cache

import redis
from django.conf import settings

logger = logging.getLogger(__name__)

QUEUES = ("training", "inference", "data")
_TTL_SECONDS = 15


@dataclass(frozen=True)
class WorkerState:
    """The workers' state: `broker` is False if Redis doesn't answer; `queues` have a worker."""

    broker: bool
    queues: frozenset[str]

    @property
    def missing(self) -> list[str]:
        return [queue for queue in QUEUES if queue not in self.queues]


@lru_cache(maxsize=1)
def broker_client() -> redis.Redis:
    """Return a connection to the broker that waits a second at most."""
    url = settings.CELERY_BROKER_URL.replace("redis+socket://", "unix://")
    return redis.Redis.from_url(url, socket_timeout=1, socket_connect_timeout=1)


def say_alive(queues: list[str]) -> None:
    try:
        for queue in queues:
            broker_client().set(_key(queue), "1", ex=_TTL_SECONDS)
    except redis.RedisError as error:
        logger.warning("could not say that this worker is alive: %s", error)


def say_goodbye(queues: list[str]) -> None:
    try:
        broker_client().delete(*[_key(queue) for queue in queues])
    except redis.RedisError:
        logger.debug("the broker went first")


def worker_state() -> WorkerState:
    try:
        answers = broker_client().mget([_key(queue) for queue in QUEUES])
    except redis.RedisError:
        return WorkerState(broker=False, queues=frozenset())
    alive = frozenset(queue for queue, answer in zip(QUEUES, answers, strict=True) if answer)
    return WorkerState(broker=True, queues=alive)


def _key(queue: str) -> str:
    return f"facsweb:worker:{queue}"
