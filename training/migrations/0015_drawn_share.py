"""Mark the models, and the faces, of trainings that counted their drawings already."""

from django.db import migrations


def mark(apps, schema_editor):
    Coder, Face = apps.get_model("annotations", "Coder"), apps.get_model("annotations", "Face")
    SnapshotFace = apps.get_model("annotations", "SnapshotFace")
    runs = apps.get_model("training", "TrainingRun").objects.filter(version__isnull=False)
    for run in runs.exclude(data_facts=None).select_related("version"):
        faces = run.data_facts.get("faces")
        drawn = (run.data_facts.get("pictures") or {}).get("drawn")
        if drawn is None or not faces:
            continue
        Coder.objects.filter(pk=run.version.coder_id).update(drawn_share=drawn / faces)
        if drawn == faces:  # of part of them nobody knows which
            members = SnapshotFace.objects.filter(snapshot=run.snapshot_id)
            Face.objects.filter(pk__in=members.values("face")).update(is_drawn=True)


class Migration(migrations.Migration):
    dependencies = [("annotations", "0006_doubts"), ("training", "0014_coder_checks")]

    operations = [migrations.RunPython(mark, migrations.RunPython.noop)]
