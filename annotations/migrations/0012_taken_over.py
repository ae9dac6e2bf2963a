from django.db import migrations


def mark_taken_over(apps, schema_editor):
    """Until now a coding that was made beside another one copied from it."""
    coding = apps.get_model("annotations", "Coding")
    copied = coding.objects.filter(coder_kind="human", is_blind=False)
    copied.filter(based_on__isnull=False).update(is_independent=False)


class Migration(migrations.Migration):
    dependencies = [("annotations", "0011_trusted_readings")]
    operations = [migrations.RunPython(mark_taken_over, migrations.RunPython.noop)]
