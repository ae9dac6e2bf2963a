import django.db.models.deletion
from django.db import migrations, models
from django.db.models import F, Q

#: An assignment's queue is its item's.
FILL = """
UPDATE annotations_assignment SET queue_id = (
    SELECT i.queue_id FROM annotations_queueitem i WHERE i.id = annotations_assignment.item_id
)
"""


class Migration(migrations.Migration):
    dependencies = [("annotations", "0017_lists_of_faces")]

    operations = [
        migrations.AddField(
            model_name="assignment",
            name="queue",
            field=models.ForeignKey(
                null=True,
                editable=False,
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="assignments",
                to="annotations.queue",
            ),
        ),
        migrations.RunSQL(FILL, migrations.RunSQL.noop, elidable=True),
        migrations.AlterField(
            model_name="assignment",
            name="queue",
            field=models.ForeignKey(
                editable=False,
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="assignments",
                to="annotations.queue",
            ),
        ),
        migrations.AddIndex(
            model_name="assignment",
            index=models.Index(fields=["queue", "stage", "state", "user"], name="share_of_queue"),
        ),
        migrations.AddIndex(
            model_name="assignment",
            index=models.Index(
                fields=["queue", "stage", "user", "finished_at"], name="pace_in_queue"
            ),
        ),
        migrations.AddIndex(
            model_name="assignment",
            index=models.Index(
                fields=["queue", "stage", "user"],
                condition=Q(finished_at__isnull=True),
                name="in_hand_of_queue",
            ),
        ),
        migrations.AddIndex(
            model_name="queueitem",
            index=models.Index(
                fields=["queue", "stage", "position"],
                condition=Q(taken__lt=F("wanted")) & ~Q(state="completed"),
                name="waiting_in_queue",
            ),
        ),
        migrations.AddIndex(
            model_name="queueitem",
            index=models.Index(
                fields=["queue", "stage", "state", "wanted", "taken", "gold"],
                name="state_in_queue",
            ),
        ),
    ]
