"""Machines for tests, each made from a blank one."""

from __future__ import annotations

import sqlite3
import uuid
from contextlib import closing

import pytest
from django.db import connection

from tests.facsweb.backup.machines import (
    Machine,
    add_group,
    at,
    bare_machine,
    new_machine,
    on_the_server,
)


@pytest.fixture(scope="module")
def blank(django_db_setup, django_db_blocker, tmp_path_factory):
    """A copy of the test database as after `migrate`: a SQLite file's path, a database's name."""
    with django_db_blocker.unblock():
        if connection.vendor == "sqlite":
            path = tmp_path_factory.mktemp("blank") / "blank.sqlite3"
            connection.ensure_connection()
            with closing(sqlite3.connect(path)) as target:
                connection.connection.backup(target)
            yield str(path)
            return
        source = connection.settings_dict["NAME"]
        name = f"{source}_{uuid.uuid4().hex[:8]}"
        connection.close()
        on_the_server(f'CREATE DATABASE "{name}" TEMPLATE "{source}"')
        yield name
        on_the_server(f'DROP DATABASE "{name}"')


@pytest.fixture
def machine(blank, tmp_path, db):
    """`machine()`: a new one as after `migrate`; `machine(bare=True)`: one without any table."""

    def make(*, bare: bool = False) -> Machine:
        if bare:
            return bare_machine(tmp_path)
        made = new_machine(tmp_path, blank, connection.vendor)
        with at(made):
            add_group()
        return made

    return make


@pytest.fixture
def heard():
    """Somewhere to report progress to: the stages that were told of."""
    stages = []

    def hear(done: int, total: int, stage: str) -> None:
        assert 0 <= done <= max(total, 1)
        if stage not in stages:
            stages.append(stage)

    hear.stages = stages
    return hear
