"""Counting where every process sees it; without Redis, each process counts by itself."""

from __future__ import annotations

import logging

import redis
from django.core.cache import caches

logger = logging.getLogger(__name__)


def add_up(key: str, amount: int, *, seconds: int) -> int:
    """Add `amount` to what stands under `key`, which is forgotten after `seconds`; return it."""
    try:
        return _add("default", key, amount, seconds)
    except redis.RedisError as error:
        logger.warning("requests are counted by this process alone: %s", error)
        return _add("fallback", key, amount, seconds)


def so_far(key: str) -> int:
    """Return what stands under `key`."""
    try:
        return int(caches["default"].get(key) or 0)
    except redis.RedisError:
        return int(caches["fallback"].get(key) or 0)


def _add(alias: str, key: str, amount: int, seconds: int) -> int:
    cache = caches[alias]
    try:
        return cache.incr(key, amount)
    except ValueError:  # the first, or the first of two at once
        added = cache.add(key, amount, timeout=seconds)
        return amount if added else cache.incr(key, amount)
