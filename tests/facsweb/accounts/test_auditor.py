"""The auditor stands beside the ladder of roles: figures and cards, and no face."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import Group

from facsweb.accounts.permissions import (
    grantable_scopes,
    may_administer,
    may_audit,
    may_decide,
    may_read_figures,
    may_see_faces,
    roles_of,
)

pytestmark = pytest.mark.django_db


def test_auditor_is_no_step_of_the_ladder(otto, boss, ben, cleo):
    assert roles_of(otto) == frozenset()
    assert may_audit(otto) and may_read_figures(otto)
    assert not (may_see_faces(otto) or may_decide(otto) or may_administer(otto))
    assert [may_audit(user) for user in (boss, ben, cleo)] == [True, False, False]
    assert grantable_scopes(otto) == ["read"]


def test_somebody_can_be_an_auditor_and_a_coder(ada):
    ada.groups.add(Group.objects.get(name="auditor"))
    assert (may_audit(ada), may_see_faces(ada), may_decide(ada)) == (True, True, False)
    assert roles_of(ada) == {"queue coder", "coder"}


def test_deactivated_auditor_audits_nothing(otto):
    otto.is_active = False
    assert not may_audit(otto) and not may_read_figures(otto)


def test_me_tells_of_the_role(otto, client_of):
    body = client_of(otto).get("/api/v1/me/").json()
    assert body["roles"] == ["auditor"]


def test_gallery_tells_an_auditor_why_it_is_empty(otto, as_user):
    page = as_user(otto).get("/").content.decode()
    assert "No faces for auditors" in page
    assert 'href="/subjects/"' in page and 'href="/people/"' not in page
