from django.db import migrations


def add_queue_coder(apps, schema_editor):
    apps.get_model("auth", "Group").objects.get_or_create(name="queue coder")


class Migration(migrations.Migration):
    dependencies = [("accounts", "0003_ways_in")]

    operations = [migrations.RunPython(add_queue_coder, migrations.RunPython.noop)]
