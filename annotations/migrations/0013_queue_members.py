import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

_STATES = [
    ("new", "New"), ("in_progress", "in progress"), ("completed", "Completed"),
    ("rejected", "Rejected"), ("released", "Released"),
]  # fmt: skip


def name_by_stage(apps, schema_editor):
    """Who was named for a queue is named for each of its stages that their role allows.

    A stage for which that leaves nobody is open to whoever may: before, it was stuck.
    """
    queues = apps.get_model("annotations", "Queue").objects
    member = apps.get_model("annotations", "QueueMember")
    for queue in queues.prefetch_related("people__groups"):
        people = list(queue.people.all())
        judges = [
            user
            for user in people
            if user.is_superuser
            or any(group.name in {"reviewer", "admin"} for group in user.groups.all())
        ]
        stages = {"acceptance": judges}
        if queue.first_stage == "coding":
            stages = {"coding": people, "validation": judges, "acceptance": judges}
        member.objects.bulk_create(
            member(queue=queue, user=user, stage=stage)
            for stage, users in stages.items()
            for user in users
        )


def name_as_before(apps, schema_editor):
    for queue in apps.get_model("annotations", "Queue").objects.all():
        queue.people.set({member.user_id for member in queue.members.all()})


class Migration(migrations.Migration):
    dependencies = [
        ("annotations", "0012_taken_over"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        ("auth", "0012_alter_user_first_name_max_length"),
    ]

    operations = [
        migrations.CreateModel(
            name="QueueMember",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "stage",
                    models.CharField(
                        choices=[
                            ("coding", "Coding"),
                            ("validation", "Validation"),
                            ("acceptance", "Acceptance"),
                        ],
                        max_length=12,
                    ),
                ),
                (
                    "queue",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="members",
                        to="annotations.queue",
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="queue_memberships",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "ordering": ["pk"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("queue", "stage", "user"),
                        name="nobody_is_named_twice_for_a_stage",
                    )
                ],
            },
        ),
        migrations.RunPython(name_by_stage, name_as_before),
        migrations.RemoveField(model_name="queue", name="people"),
        migrations.AlterField(
            model_name="assignment",
            name="state",
            field=models.CharField(choices=_STATES, default="in_progress", max_length=12),
        ),
        migrations.AlterField(
            model_name="queueitem",
            name="state",
            field=models.CharField(choices=_STATES, default="new", max_length=12),
        ),
    ]
