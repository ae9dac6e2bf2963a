"""The last admin can't go, by whichever door."""

import pytest
from django.contrib.auth.models import Group, User
from django.db import transaction

from facsweb.accounts.last_admin import LastAdmin
from facsweb.accounts.people import deactivate, give_role, invite
from facsweb.accounts.receivers import RoleIsFixed
from tests.cast import make_user

pytestmark = pytest.mark.django_db


def _clear(boss):
    Group.objects.get(name="admin").user_set.clear()


def _save(boss):
    boss.is_active = False
    boss.save()


WAYS = {
    "deactivated": lambda boss: deactivate(boss, boss),
    "given a lesser role": lambda boss: give_role(boss, boss, "reviewer", False),
    "role taken": lambda boss: boss.groups.clear(),
    "role emptied": _clear,
    "saved": _save,
    "deleted": lambda boss: boss.delete(),
}


@pytest.mark.parametrize("way", WAYS)
def test_the_last_admin_stays(boss, way):
    invite(boss, "amy", "admin")  # who never came can let nobody in
    with pytest.raises(LastAdmin), transaction.atomic():
        WAYS[way](boss)
    boss = User.objects.get(pk=boss.pk)
    assert boss.is_active
    assert boss.groups.get().name == "admin"


@pytest.mark.parametrize("way", WAYS)
def test_one_of_two_may_go(boss, way):
    make_user("amy", "admin")
    if way == "role emptied":
        with pytest.raises(LastAdmin), transaction.atomic():
            WAYS[way](boss)
    else:
        WAYS[way](boss)


def test_roles_keep_their_groups():
    role = Group.objects.get(name="coder")
    with pytest.raises(RoleIsFixed), transaction.atomic():
        role.delete()
    role.name = "other"
    with pytest.raises(RoleIsFixed), transaction.atomic():
        role.save()
