"""The cast: Ada codes, Ben reviews, Cleo has no role, and an admin."""

from __future__ import annotations

import os

import pytest
from django.contrib.auth.models import Group, User
from django.test import Client

from tests.groups import (  # noqa: F401 - hooks
    pytest_collection_modifyitems,
    pytest_configure_node,
    pytest_xdist_auto_num_workers,
    pytest_xdist_make_scheduler,
)
from tests.stack import (  # noqa: F401 - fixtures for all
    _one_template,
    demo_faces,
    plain_stack,
    stack,
    vgg16_weights,
)

if "PYTEST_XDIST_WORKER" in os.environ:  # the others have the other cores; servers inherit it
    for _library in ("OMP_NUM_THREADS", "TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS"):
        os.environ.setdefault(_library, "1")


@pytest.fixture(autouse=True)
def light_settings(settings, tmp_path):
    """Nothing is hashed slowly, nothing is written beside the tests, no manifest is needed."""
    settings.MEDIA_ROOT = tmp_path / "media"
    settings.MODELS_ROOT = tmp_path / "models"
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    settings.CACHES = {
        name: {"BACKEND": "django.core.cache.backends.locmem.LocMemCache", "LOCATION": name}
        for name in ("default", "fallback")
    }
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }


def make_user(name: str, role: str | None) -> User:
    user = User.objects.create_user(name, password="a-long-test-password")
    if role:
        user.groups.add(Group.objects.get_or_create(name=role)[0])
    return user


@pytest.fixture
def ada(db) -> User:
    return make_user("ada", "coder")


@pytest.fixture
def ben(db) -> User:
    return make_user("ben", "reviewer")


@pytest.fixture
def cleo(db) -> User:
    return make_user("cleo", None)


@pytest.fixture
def boss(db) -> User:
    return make_user("boss", "admin")


@pytest.fixture
def as_user():
    """A client signed in as somebody: `as_user(ada).get(...)`."""

    def sign_in(user: User) -> Client:
        client = Client()
        client.force_login(user)
        return client

    return sign_in
