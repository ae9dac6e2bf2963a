from typing import Any

from django.db import connection, migrations, models
from django.db.models import Case, F, Min, Q, When

_AT_ONCE = 2000


def fill(apps: Any, schema_editor: Any) -> None:
    """Write how sure each model is of what it is least sure of, on every face."""
    codings = apps.get_model("annotations", "Coding").objects
    scores = apps.get_model("annotations", "ActionUnitScore").objects
    sure = Case(When(probability__lt=0.5, then=1 - F("probability")), default=F("probability"))
    least, after = Min(sure), 0
    told = codings.exclude(emotion_probabilities=None).order_by("pk")
    while rows := dict(
        told.filter(pk__gt=after).values_list("pk", "emotion_probabilities")[:_AT_ONCE]
    ):
        first, after = after + 1, max(rows)
        own = scores.filter(coding__gte=first, coding__lte=after, probability__isnull=False)
        units = own.order_by().values_list("coding").annotate(least=least)
        values = [
            (min(max(rows[pk].values()), unit), pk) for pk, unit in units if rows.get(pk)
        ]
        with connection.cursor() as cursor:
            cursor.executemany(
                "UPDATE annotations_coding SET least_confidence = %s WHERE id = %s", values
            )


class Migration(migrations.Migration):
    dependencies = [("annotations", "0015_said_beside_truth")]

    operations = [
        migrations.AddField(
            model_name="coding",
            name="least_confidence",
            field=models.FloatField(blank=True, editable=False, null=True),
        ),
        migrations.RunPython(fill, migrations.RunPython.noop, elidable=True),
        migrations.AddIndex(
            model_name="coding",
            index=models.Index(
                fields=["coder", "least_confidence"],
                condition=Q(least_confidence__isnull=False),
                name="coding_by_least_confidence",
            ),
        ),
    ]
