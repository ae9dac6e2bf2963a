from django.db import migrations


def ask_for_cleaning(apps, schema_editor):
    """Queue what is long work: a worker finds the row and goes through the stored pictures."""
    kinds = [apps.get_model("annotations", name) for name in ("Face", "NeutralFrame")]
    if any(kind.objects.exists() for kind in kinds):
        apps.get_model("annotations", "PictureCleaning").objects.create()


class Migration(migrations.Migration):
    dependencies = [("annotations", "0009_bare_pictures")]

    operations = [
        migrations.RunPython(ask_for_cleaning, migrations.RunPython.noop, elidable=True),
    ]
