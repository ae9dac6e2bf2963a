"""Faces to queue, and more people than the cast."""

import pytest

from tests.cast import make_user
from tests.factories import make_face


@pytest.fixture
def faces():
    return [make_face() for _ in range(3)]


@pytest.fixture
def dora(db):
    return make_user("dora", "coder")


@pytest.fixture
def rex(db):
    return make_user("rex", "reviewer")
