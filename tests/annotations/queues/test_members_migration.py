"""Queues from before people were named by stage."""

import pytest
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

pytestmark = pytest.mark.django_db(transaction=True)

BEFORE, AFTER = [("annotations", "0012_taken_over")], [("annotations", "0013_queue_members")]


@pytest.fixture
def migrate():
    def to(target):
        executor = MigrationExecutor(connection)
        executor.migrate(target)
        return MigrationExecutor(connection).loader.project_state(target).apps

    yield to
    executor = MigrationExecutor(connection)
    executor.migrate(executor.loader.graph.leaf_nodes())


def test_who_was_named_for_a_queue_is_named_for_each_stage_that_their_role_allows(migrate):
    apps = migrate(BEFORE)
    user, group = apps.get_model("auth", "User"), apps.get_model("auth", "Group")
    people = {name: user.objects.create(username=name) for name in ("ada", "ben", "root")}
    people["ada"].groups.add(group.objects.get_or_create(name="coder")[0])
    people["ben"].groups.add(group.objects.get_or_create(name="reviewer")[0])
    user.objects.filter(username="root").update(is_superuser=True)
    queue = apps.get_model("annotations", "Queue").objects
    named = {
        "mixed": ("coding", ["ada", "ben", "root"]), "coders": ("coding", ["ada"]),
        "review": ("acceptance", ["ben"]), "nobody": ("acceptance", []),
    }  # fmt: skip
    for name, (first_stage, names) in named.items():
        made = queue.create(
            name=name, order="random", first_stage=first_stage, created_by=people["ben"]
        )
        made.people.set([people[each] for each in names])
    members = migrate(AFTER).get_model("annotations", "QueueMember").objects
    found = {}
    for name, stage, who in members.values_list("queue__name", "stage", "user__username"):
        found.setdefault((name, stage), set()).add(who)
    assert found == {
        ("mixed", "coding"): {"ada", "ben", "root"},
        ("mixed", "validation"): {"ben", "root"},
        ("mixed", "acceptance"): {"ben", "root"},
        ("coders", "coding"): {"ada"},  # the rest was stuck: whoever may
        ("review", "acceptance"): {"ben"},
    }
    back = migrate(BEFORE).get_model("annotations", "Queue").objects
    names = back.get(name="mixed").people.values_list("username", flat=True)
    assert set(names) == {"ada", "ben", "root"}
