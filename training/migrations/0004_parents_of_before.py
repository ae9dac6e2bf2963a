"""The parents of trainings of before, which the history of aliases knows."""

from django.db import migrations


def fill_in(apps, schema_editor):
    move_model = apps.get_model("inference", "AliasMove")
    champions = move_model.objects.filter(alias="champion").order_by("-moved_at", "-pk")
    for run in apps.get_model("training", "TrainingRun").objects.filter(parent=None):
        last = champions.filter(moved_at__lte=run.created_at).first()
        if last is not None:
            run.parent_id = last.version_id
            run.save(update_fields=["parent"])


class Migration(migrations.Migration):
    dependencies = [("training", "0003_lineage")]

    operations = [migrations.RunPython(fill_in, migrations.RunPython.noop)]
