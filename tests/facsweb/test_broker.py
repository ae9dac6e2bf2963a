"""The embedded Valkey is started and stopped by us, and survives what befalls it."""

import os
import signal
import time
from pathlib import Path

import pytest
import redis

from facsweb.broker import BrokerError, answers, embedded_broker, socket_path

pytestmark = pytest.mark.worker


def test_it_answers_within_the_block_and_is_gone_after(tmp_path):
    with embedded_broker(tmp_path) as ours:
        assert ours
        client = redis.Redis(unix_socket_path=str(socket_path(tmp_path)))
        client.set("key", "value")
        assert client.get("key") == b"value"
        client.close()
    assert not answers(socket_path(tmp_path))
    assert not socket_path(tmp_path).exists()


def test_messages_outlive_a_restart(tmp_path):
    path = str(socket_path(tmp_path))
    with embedded_broker(tmp_path), redis.Redis(unix_socket_path=path) as client:
        client.rpush("queue", "message")
    with embedded_broker(tmp_path), redis.Redis(unix_socket_path=path) as client:
        assert client.lpop("queue") == b"message"


def test_a_second_process_shares_the_first_ones(tmp_path):
    with embedded_broker(tmp_path), embedded_broker(tmp_path) as ours:
        assert not ours
    assert not answers(socket_path(tmp_path))


def test_a_stale_socket_of_a_killed_process_is_no_hindrance(tmp_path):
    path = socket_path(tmp_path)
    with embedded_broker(tmp_path), redis.Redis(unix_socket_path=str(path)) as client:
        os.kill(client.info("server")["process_id"], signal.SIGKILL)
        time.sleep(0.2)
    path.touch()
    with embedded_broker(tmp_path):
        assert answers(path)


def test_a_deep_folder_gets_a_short_socket_path(tmp_path):
    deep = tmp_path / ("d" * 60) / ("e" * 60)
    with embedded_broker(deep):
        assert answers(socket_path(deep))


def test_a_start_that_fails_says_where_to_look(tmp_path):
    log = tmp_path / "valkey" / "valkey.log"
    log.mkdir(parents=True)  # Valkey cannot open a folder as its log
    with pytest.raises(BrokerError, match="REDIS_URL"), embedded_broker(Path(tmp_path)):
        pass
