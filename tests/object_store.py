"""A real S3-compatible server on loopback: moto's, as a process of its own."""

from __future__ import annotations

import contextlib
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3

from facsweb.processes import die_with_parent
from tests.stack import free_address

BUCKET = "faces"


@dataclass(frozen=True)
class ObjectStore:
    """A server with one empty bucket, and the variables by which facsweb finds it."""

    environment: dict[str, str]
    client: Any

    def names(self, under: str = "") -> list[str]:
        """The names of all objects that begin so."""
        pages = self.client.get_paginator("list_objects_v2").paginate(Bucket=BUCKET, Prefix=under)
        return [each["Key"] for page in pages for each in page.get("Contents", ())]

    def empty(self, under: str = "") -> None:
        for name in self.names(under):
            self.client.delete_object(Bucket=BUCKET, Key=name)

    def storages(self) -> dict[str, dict[str, Any]]:
        """Django's storages as `S3_BUCKET` makes them; who asks them has set the environment."""
        options = {"bucket_name": BUCKET, "querystring_auth": True}
        s3 = "storages.backends.s3.S3Storage"
        return {
            "default": {"BACKEND": s3, "OPTIONS": {**options, "file_overwrite": False}},
            "models": {"BACKEND": s3, "OPTIONS": {**options, "location": "models"}},
            "caches": {"BACKEND": s3, "OPTIONS": {**options, "location": "caches"}},
        }


@contextlib.contextmanager
def object_store(folder: Path) -> Iterator[ObjectStore]:
    address = free_address()
    port = address.rpartition(":")[2]
    environment = {
        "S3_BUCKET": BUCKET,
        "AWS_ENDPOINT_URL": f"http://{address}",
        "AWS_ACCESS_KEY_ID": "only-for-tests",
        "AWS_SECRET_ACCESS_KEY": "only-for-tests",
        "AWS_DEFAULT_REGION": "us-east-1",
    }
    with (folder / "object-store.log").open("wb") as log:
        server = subprocess.Popen(
            [sys.executable, "-m", "moto.server", "--port", port],
            stdout=log,
            stderr=log,
            preexec_fn=die_with_parent,
        )
    try:
        _wait_for(environment["AWS_ENDPOINT_URL"])
        client = boto3.client(
            "s3",
            endpoint_url=environment["AWS_ENDPOINT_URL"],
            aws_access_key_id=environment["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=environment["AWS_SECRET_ACCESS_KEY"],
            region_name=environment["AWS_DEFAULT_REGION"],
        )
        client.create_bucket(Bucket=BUCKET)
        yield ObjectStore(environment, client)
    finally:
        server.terminate()
        server.wait(timeout=30)


def _wait_for(url: str) -> None:
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        with contextlib.suppress(OSError):
            urllib.request.urlopen(url, timeout=5).close()
            return
        time.sleep(0.2)
    raise AssertionError(f"no object store at {url}")
