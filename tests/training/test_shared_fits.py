"""Folds among workers: claims in a real Valkey, what came out in a real bucket."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
import redis
from celery import Celery

from annotations.models import Tombstone
from annotations.tombstones import Kind, key_name, keyed
from annotations.withdrawal.parts import remove_files
from facsweb.broker import embedded_broker, embedded_broker_url
from facsweb.celery import app
from tests.factories import make_run
from training.making.shared_fits import FitsOfRun

pytestmark = [pytest.mark.django_db, pytest.mark.worker]
FOLD, OTHER = "fold 1 of 5", "fold 2 of 5"


@pytest.fixture
def valkey(settings, tmp_path):
    """A broker and cache of its own; yields a client."""
    with embedded_broker(tmp_path):
        url = embedded_broker_url(tmp_path)
        place = url.replace("redis+socket://", "unix://")
        settings.CACHES = {
            **settings.CACHES,
            "default": {"BACKEND": "facsweb.rest.cache.Cache", "LOCATION": place},
        }
        Celery(broker=url, set_as_current=False).set_current()
        with redis.Redis.from_url(place) as client:
            yield client
    app.set_current()


def messages(valkey) -> list[list]:
    return [json.loads(each)["headers"]["argsrepr"] for each in valkey.lrange("celery", 0, -1)]


@pytest.fixture
def run():
    return make_run(status="running")


@pytest.fixture
def leader(valkey, run):
    return FitsOfRun(run, "a-training")


@pytest.fixture
def helper(valkey, run):
    return FitsOfRun(run, "a-training", helper="one")


def test_a_fold_is_one_workers(leader, helper):
    assert leader.take(FOLD) and leader.take(FOLD)
    assert not helper.take(FOLD)
    assert helper.take(OTHER) and not leader.take(OTHER)
    assert leader.is_taken(OTHER) and not leader.is_taken(FOLD)
    helper.release(OTHER)
    assert not leader.is_taken(OTHER)
    assert leader.take(OTHER)


def test_another_training_has_claims_of_its_own(leader, run):
    assert leader.take(FOLD)
    assert FitsOfRun(run, "another", helper="one").take(FOLD)


def test_the_next_worker_of_a_run_has_its_claims(leader, helper, run):
    assert leader.take(FOLD)
    assert FitsOfRun(run, "a-training").take(FOLD)


def test_a_helper_that_falls_silent_loses_what_it_took(leader, helper, valkey):
    assert helper.take(FOLD)
    (key,) = (each for each in valkey.scan_iter() if b"fits" in each)
    assert 0 < valkey.ttl(key) <= 30
    valkey.expire(key, 10)
    helper.beat()
    assert valkey.ttl(key) > 20
    valkey.expire(key, 0)  # as time does
    assert not leader.is_taken(FOLD)
    assert leader.take(FOLD)
    helper.beat()
    assert not helper.take(FOLD), "who is woken later takes nothing back"


def test_one_message_asks_and_whoever_takes_a_fold_passes_it_on_once(leader, helper, valkey, run):
    leader.ask()
    assert leader.take(FOLD)
    assert messages(valkey) == [f"[{run.pk}, 'a-training']"]
    assert not helper.take(FOLD)
    assert len(messages(valkey)) == 1, "there was nothing to do"
    assert helper.take(OTHER) and helper.take("fold 3 of 5")
    assert len(messages(valkey)) == 2


def test_without_a_broker_the_runs_own_worker_does_it_all(leader, helper, settings, tmp_path):
    nowhere = {"BACKEND": "facsweb.rest.cache.Cache", "LOCATION": f"unix://{tmp_path}/nobody"}
    settings.CACHES = {**settings.CACHES, "default": nowhere}
    Celery(broker=f"redis+socket://{tmp_path}/nobody", set_as_current=False).set_current()
    leader.ask()
    assert leader.take(FOLD)
    assert not leader.is_taken(FOLD)
    assert not helper.take(FOLD)
    helper.beat()
    leader.release(FOLD)
    leader.clear()


def test_what_came_out_is_found_by_other_machines_until_the_training_is_done(
    bucket, leader, helper, valkey
):
    assert leader.get(FOLD) is None
    assert helper.take(FOLD)
    helper.put(FOLD, b"weights")
    assert leader.get(FOLD) == b"weights"
    assert FitsOfRun(leader._run, "another").get(FOLD) is None
    leader.clear()
    assert not bucket.names()


def test_what_a_training_left_that_never_went_on_goes_after_a_week(
    bucket, leader, run, monkeypatch
):
    left = FitsOfRun(run, "never-resumed")
    left.put(FOLD, b"weights")
    leader.clear()
    assert left.get(FOLD)
    monkeypatch.setattr("training.making.shared_fits.KEPT", timedelta(0))
    leader.clear()
    assert not left.get(FOLD)


def test_a_training_ends_well_where_the_bucket_is_away(bucket, leader, settings):
    alias = settings.STORAGES["caches"]
    options = {**alias["OPTIONS"], "bucket_name": "nobodys"}
    settings.STORAGES = {**settings.STORAGES, "caches": {**alias, "OPTIONS": options}}
    away = FitsOfRun(leader._run, "a-training")
    away.put(FOLD, b"weights")
    assert away.get(FOLD) is None
    away.clear()


def test_a_withdrawal_takes_it_along_as_nobody_can_tell_whose_faces_it_learnt(bucket, leader):
    leader.put(FOLD, b"weights")
    digest = keyed(Kind.PICTURE, "a" * 64)
    Tombstone.objects.create(kind=Kind.PICTURE, digest=digest, key=key_name(), withdrawal=1)
    assert "checkpoints in the bucket" not in remove_files(), "a training is under way"
    type(leader._run).objects.update(status="failed")
    assert remove_files()["checkpoints in the bucket"] == 1
    assert not bucket.names()
