from typing import Any

from django.db import migrations, models
from django.db.models import F, OuterRef, Subquery, Sum, Value
from django.db.models.functions import Cast, Coalesce

from annotations.models.unit_bits import HIGHEST, UnitBits


def fill(apps: Any, schema_editor: Any) -> None:
    """Write the bits of every coding that there is."""
    scores = apps.get_model("annotations", "ActionUnitScore").objects
    bit = Cast(Value(1), models.BigIntegerField()).bitleftshift(F("au"))
    said = scores.filter(coding=OuterRef("pk"), au__lte=HIGHEST).order_by().values("coding")
    present, absent = (
        Coalesce(Subquery(said.filter(present=shown).annotate(bits=Sum(bit)).values("bits")), 0)
        for shown in (True, False)
    )
    codings = apps.get_model("annotations", "Coding").objects
    codings.update(units_present=present, units_absent=absent)


class Migration(migrations.Migration):
    dependencies = [
        ("annotations", "0007_compared_with"),
    ]

    operations = [
        migrations.AddField(
            model_name="coding", name="units_absent", field=UnitBits(default=0, editable=False)
        ),
        migrations.AddField(
            model_name="coding", name="units_present", field=UnitBits(default=0, editable=False)
        ),
        migrations.AddIndex(
            model_name="coding",
            index=models.Index(
                fields=["coder", "split", "emotion", "face", "units_present", "units_absent"],
                name="coding_by_what_it_says",
            ),
        ),
        migrations.AlterField(
            model_name="snapshotface",
            name="face",
            field=models.ForeignKey(
                on_delete=models.CASCADE, related_name="memberships", to="annotations.face"
            ),
        ),
        migrations.AddIndex(
            model_name="snapshotface",
            index=models.Index(fields=["snapshot", "face", "coding"], name="truth_in_a_snapshot"),
        ),
        migrations.AddIndex(
            model_name="snapshotsubject",
            index=models.Index(
                fields=["snapshot", "subject", "gender", "age_group", "ethnicity"],
                name="groups_in_a_snapshot",
            ),
        ),
        migrations.RunPython(fill, migrations.RunPython.noop, elidable=True),
    ]
