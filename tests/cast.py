"""The cast: Ada codes, Ben reviews, Cleo has no role, Otto audits, and an admin."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import Group, User
from django.test import Client


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
def otto(db) -> User:
    return make_user("otto", "auditor")


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
