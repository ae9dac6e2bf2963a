"""Features in the bucket: computed by one machine, read by the others, and gone with a person."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from django.core.files.storage import storages

from annotations.models import Coding, Tombstone
from annotations.tombstones import Kind, key_name, keyed
from annotations.withdrawal.parts import remove_files
from inference.ml.feature_cache import FeatureCache, kept_only_if
from inference.models import PriorRun
from inference.prior_run import carry_out
from inference.shared_features import forget_shared, sharing_features
from tests.factories import make_face

pytestmark = pytest.mark.django_db
ONE, OTHER = "a" * 64, "b" * 64
TAPS = {"tap": np.arange(6, dtype=np.float16)}


def keep(folder: Path, *keys: str) -> FeatureCache:
    """Keep features on the machine with this disk, as one of its jobs."""
    cache = FeatureCache(folder, "trunk")
    with sharing_features():
        for key in keys:
            cache.write(key, TAPS)
    return cache


def found(folder: Path, *keys: str) -> list[bool]:
    """Whether another machine's job finds features of these names."""
    cache = FeatureCache(folder, "trunk")
    with sharing_features():
        cache.fetch([*keys, None])
    return [cache.read(key, ["tap"]) is not None for key in keys]


def test_what_one_machine_kept_another_one_reads(bucket, tmp_path):
    copy = f"{ONE}-0-abcd"
    keep(tmp_path / "here", ONE, copy)
    assert found(tmp_path / "there", ONE, copy, OTHER) == [True, True, False]
    there = FeatureCache(tmp_path / "there", "trunk")
    np.testing.assert_array_equal(there.read(ONE, ["tap"])["tap"], TAPS["tap"])
    assert FeatureCache(tmp_path / "there", "another trunk").read(ONE, ["tap"]) is None
    assert not [*(tmp_path / "there").rglob("*.part")]


def test_what_is_added_to_features_is_added_there_too(bucket, tmp_path):
    keep(tmp_path / "here", ONE)
    with sharing_features():
        FeatureCache(tmp_path / "here", "trunk").write(ONE, {"another": TAPS["tap"]})
    assert found(tmp_path / "there", ONE) == [True]
    assert FeatureCache(tmp_path / "there", "trunk").read(ONE, ["tap", "another"])


def test_a_job_reads_no_face_that_another_machine_has_read(
    bucket, settings, prior_weights, boss, tmp_path, monkeypatch
):
    settings.FER_WEIGHTS, settings.FEATURE_CACHE = prior_weights, tmp_path / "here"
    make_face()
    first = PriorRun.objects.create(requested_by=boss)
    assert first.claim()
    carry_out(first)
    assert len(bucket.names("caches/features/")) == Coding.objects.all().delete()[0] == 1
    settings.FEATURE_CACHE = tmp_path / "there"
    again = PriorRun.objects.create(requested_by=boss)
    monkeypatch.setattr("inference.ml.prior_reader.light_prior", None)  # nobody loads it
    assert again.claim()
    carry_out(again)
    assert (first.status, again.status) == ("succeeded", "succeeded")
    assert Coding.objects.count() == 1


def test_a_withdrawal_takes_all_of_a_picture_and_nothing_else(bucket, tmp_path):
    keep(tmp_path, ONE, f"{ONE}-0-abcd", OTHER)
    assert forget_shared(ONE.__eq__) == 2
    assert found(tmp_path / "there", ONE, f"{ONE}-0-abcd", OTHER) == [False, False, True]
    assert forget_shared(ONE.__eq__) == 0


def test_its_certificate_counts_them(bucket, settings, tmp_path):
    settings.FEATURE_CACHE = tmp_path / "there"
    keep(tmp_path / "here", ONE, OTHER)
    digest = keyed(Kind.PICTURE, ONE)
    Tombstone.objects.create(kind=Kind.PICTURE, digest=digest, key=key_name(), withdrawal=1)
    assert remove_files()["cached features in the bucket"] == 1


def test_a_run_that_is_no_longer_ones_own_sends_nothing(bucket, tmp_path):
    with kept_only_if(lambda: False):
        keep(tmp_path, ONE)
    assert not bucket.names()


@pytest.mark.parametrize("away", ["bucket", "server"])
def test_without_the_bucket_a_job_goes_on(away, bucket, settings, tmp_path, caplog):
    alias = settings.STORAGES["caches"]
    wrong = (
        {"bucket_name": "nobodys"} if away == "bucket" else {"endpoint_url": "http://127.0.0.1:9"}
    )
    settings.STORAGES = {
        **settings.STORAGES, "caches": {**alias, "OPTIONS": {**alias["OPTIONS"], **wrong}}
    }  # fmt: skip
    here = keep(tmp_path, ONE, OTHER)
    assert here.read(ONE, ["tap"]) and here.read(OTHER, ["tap"])
    assert found(tmp_path / "there", ONE) == [False]
    assert "the bucket is away" in caplog.text


def test_without_a_bucket_nothing_is_shared(settings, tmp_path):
    assert "caches" not in settings.STORAGES
    keep(tmp_path / "here", ONE)
    assert found(tmp_path / "there", ONE) == [False]
    assert forget_shared(lambda sha256: True) == 0


def test_it_lies_beside_what_people_see_and_not_among_it(bucket, tmp_path):
    keep(tmp_path, ONE)
    assert all(name.startswith(f"caches/features/{ONE}/") for name in bucket.names())
    assert storages["default"].listdir("")[0] == ["caches"]
