from django.db import migrations


def add_roles(apps, schema_editor):
    group = apps.get_model("auth", "Group")
    for name in ("coder", "reviewer", "admin"):
        group.objects.get_or_create(name=name)


class Migration(migrations.Migration):
    dependencies = [
        ("annotations", "0001_initial"),
        ("auth", "0012_alter_user_first_name_max_length"),
    ]
    operations = [migrations.RunPython(add_roles, migrations.RunPython.noop)]
