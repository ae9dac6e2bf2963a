from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    """Thumbnails are found by their names; a worker makes those of the faces that are there."""

    dependencies = [("annotations", "0019_runs_of_reviewers")]

    operations = [
        # Blank first, so that going back leaves a column that rows can have.
        migrations.AlterField(
            model_name="face",
            name="thumbnail",
            field=models.FileField(blank=True, max_length=200, upload_to="thumbnails"),
        ),
        migrations.RemoveField(model_name="face", name="thumbnail"),
        migrations.AddField(
            model_name="face",
            name="has_thumbnails",
            field=models.BooleanField(default=False, editable=False),
        ),
        migrations.AddIndex(
            model_name="face",
            index=models.Index(
                condition=Q(has_thumbnails=False),
                fields=["id", "has_thumbnails"],
                name="face_without_thumbnails",
            ),
        ),
    ]
