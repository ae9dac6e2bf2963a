"""API clients of the cast (tests/conftest.py), and a registered model."""

import pytest
from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile
from rest_framework.test import APIClient

from inference.models import ModelAlias, ModelVersion
from tests.factories import model_coder, png


@pytest.fixture(autouse=True)
def _no_earlier_logins(light_settings):
    cache.clear()  # the throttle counts there


@pytest.fixture
def client_of():
    def of(user) -> APIClient:
        client = APIClient()
        client.force_authenticate(user)
        return client

    return of


@pytest.fixture
def champion(db) -> ModelVersion:
    coder = model_coder("VGG16-champion")
    version = ModelVersion.objects.create(
        name=coder.name, sha256="a" * 64, folder="champion", manifest={}, coder=coder
    )
    ModelAlias.objects.create(name="champion", version=version)
    return version


@pytest.fixture
def upload():
    """`upload(client, subject="S1")`: an image that nobody has uploaded, unless `data` is given."""

    def post(client: APIClient, data: bytes | None = None, **fields):
        image = SimpleUploadedFile("face.png", png() if data is None else data, "image/png")
        fields = {"image": image, "subject": "S100", **fields}
        return client.post("/api/v1/faces/", fields, format="multipart")

    return post
