"""Fixtures for all: the cast, API clients, running stacks; and settings that are light."""

from __future__ import annotations

import pytest
from django.db import connection

from facsweb.audit import triggers
from tests.api_clients import (  # noqa: F401 - fixtures for all
    _no_earlier_logins,
    champion,
    client_of,
    upload,
)
from tests.bucket_fixtures import bucket, bucket_server  # noqa: F401 - fixtures for all
from tests.cast import ada, as_user, ben, boss, cleo, otto  # noqa: F401 - fixtures for all
from tests.groups import (  # noqa: F401 - hooks
    pytest_collection_modifyitems,
    pytest_configure_node,
    pytest_xdist_auto_num_workers,
    pytest_xdist_make_scheduler,
)
from tests.samples import samples  # noqa: F401 - a fixture for all
from tests.stack_fixtures import (  # noqa: F401 - fixtures for all
    _one_template,
    demo_faces,
    plain_stack,
    prior_weights,
    stack,
    vgg16_weights,
)


@pytest.fixture(autouse=True)
def _audit_is_emptied(request):
    """A test that commits has its database emptied afterwards, which the audit's triggers refuse.

    They are back when it is: a flush ends as a migration does.
    """
    if "transactional_db" not in request.fixturenames:
        mark = request.node.get_closest_marker("django_db")
        if mark is None or not mark.kwargs.get("transaction"):
            yield
            return
    request.getfixturevalue("transactional_db")
    yield
    triggers.drop(connection)


@pytest.fixture(autouse=True)
def light_settings(settings, tmp_path):
    """Nothing is hashed slowly, nothing is written beside the tests, no manifest is needed."""
    settings.MEDIA_ROOT = tmp_path / "media"
    settings.FILE_UPLOAD_TEMP_DIR = None
    settings.MODELS_ROOT = tmp_path / "models"
    settings.AUDIT_ANCHOR = tmp_path / "audit-anchor"
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    settings.CACHES = {
        name: {"BACKEND": "django.core.cache.backends.locmem.LocMemCache", "LOCATION": name}
        for name in ("default", "fallback")
    }
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }
