from django.db import migrations


def mark_taken_over(apps, schema_editor):
    """Until now a coding that was made beside another one copied from it, and who made it had seen
    what others say of the face."""
    coding = apps.get_model("annotations", "Coding")
    seeing = coding.objects.filter(coder_kind="human", is_blind=False)
    look = apps.get_model("annotations", "FirstLook")
    rows = seeing.order_by("created_at").values_list("coder__user", "face", "created_at")
    look.objects.bulk_create(
        (look(user_id=user, face_id=face, at=at) for user, face, at in rows.iterator()),
        ignore_conflicts=True,
        batch_size=1000,
    )
    seeing.filter(based_on__isnull=False).update(is_independent=False)


class Migration(migrations.Migration):
    dependencies = [("annotations", "0011_trusted_readings")]
    operations = [migrations.RunPython(mark_taken_over, migrations.RunPython.noop)]
