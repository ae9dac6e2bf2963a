"""Fixtures: a bucket on a real S3-compatible server, as `S3_BUCKET` makes Django use it."""

from __future__ import annotations

import pytest


@pytest.fixture(scope="session")
def bucket_server(tmp_path_factory):
    from tests.object_store import object_store  # boto3 takes a while to import

    with object_store(tmp_path_factory.mktemp("bucket")) as made:
        yield made


@pytest.fixture
def bucket(bucket_server, settings, monkeypatch):
    """The bucket, empty, and the settings of a machine that uses it."""
    bucket_server.empty()
    for name, value in bucket_server.environment.items():
        monkeypatch.setenv(name, value)
    settings.STORAGES = {**settings.STORAGES, **bucket_server.storages()}
    return bucket_server
