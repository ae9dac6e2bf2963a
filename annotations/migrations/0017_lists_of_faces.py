from django.conf import settings
from django.db import migrations, models
from django.db.models import Q

UNITS = (1, 2, 4, 6, 7, 11, 12, 14, 15, 17, 23, 24, 25, 26, 27)
BITS = sum(1 << au for au in UNITS)
TRUE, OTHER = Q(is_accepted=True), Q(is_accepted=False)

DIFFERS = f"""
UPDATE annotations_coding SET differs = (
    SELECT CASE WHEN (
        (t.emotion <> '' AND annotations_coding.emotion <> ''
            AND t.emotion <> annotations_coding.emotion)
        OR (t.units_present & annotations_coding.units_absent & {BITS}) <> 0
        OR (t.units_absent & annotations_coding.units_present & {BITS}) <> 0
    ) THEN TRUE ELSE FALSE END
    FROM annotations_coding t
    WHERE t.face_id = annotations_coding.face_id AND t.is_accepted
) WHERE coder_kind = 'model'
"""  # noqa: S608  # nosec B608 - a number
IS_LABELLED = """
UPDATE annotations_face SET is_labelled = TRUE WHERE EXISTS (
    SELECT 1 FROM annotations_coding t WHERE t.face_id = annotations_face.id AND t.is_accepted
)
"""


def index(model, name, *fields, condition=None):
    made = models.Index(fields=fields, name=name, condition=condition)
    return migrations.AddIndex(model_name=model, index=made)


def of_unit(au):
    shown, columns = Q(units_present__has=1 << au), ("face", "units_present", "is_accepted")
    return [
        index("coding", f"truth_shows_{au}", *columns, condition=TRUE & shown),
        index("coding", f"reading_shows_{au}", "coder", *columns, condition=OTHER & shown),
    ]


class Migration(migrations.Migration):
    dependencies = [
        ("annotations", "0016_least_confidence"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="coding",
            name="differs",
            field=models.BooleanField(blank=True, editable=False, null=True),
        ),
        migrations.AddField(
            model_name="face",
            name="is_labelled",
            field=models.BooleanField(default=False, editable=False),
        ),
        migrations.RunSQL(DIFFERS, migrations.RunSQL.noop, elidable=True),
        migrations.RunSQL(IS_LABELLED, migrations.RunSQL.noop, elidable=True),
        index("actionunitscore", "score_that_shows", "au", "coding", condition=Q(present=True)),
        index(
            "coding", "truth_by_emotion", "emotion", "face", "is_accepted", condition=TRUE
        ),
        index("coding", "reading_by_emotion", "coder", "emotion", "face"),
        index("coding", "reading_by_split", "coder", "split", "face"),
        index("coding", "reading_by_quality", "coder", "quality", "face"),
        index(
            "coding", "reading_that_differs", "coder", "face", "differs",
            condition=Q(differs=True),
        ),
        index(
            "coding", "reading_that_agrees", "coder", "face", "differs",
            condition=Q(differs=False),
        ),
        index(
            "coding", "coding_by_sureness", "confidence", condition=Q(confidence__isnull=False)
        ),
        *(each for au in UNITS for each in of_unit(au)),
        index("face", "face_by_time", "created_at"),
        index("face", "face_without_truth", "id", "is_labelled", condition=Q(is_labelled=False)),
        index("flag", "flag_that_is_open", "face", condition=Q(resolved_at__isnull=True)),
    ]  # fmt: skip
