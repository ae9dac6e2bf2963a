"""Who scored which face how, and which coding is its ground truth.

A model is a coder like any other: the CK+ labels, a reviewer's correction and a prediction are
all codings, and none is ever overwritten.
"""

from django.conf import settings
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Q

from annotations import facs
from annotations.exceptions import AppendOnly
from annotations.quality import REASONS, Quality
from annotations.querysets import (
    ActionUnitScoreQuerySet,
    CodingQuerySet,
    FaceQuerySet,
    ReviewQuerySet,
)

EMOTION_CHOICES = [(name, name.capitalize()) for name in facs.EMOTIONS]
BASIC_EMOTION_CHOICES = [(name, name.capitalize()) for name in facs.CKPLUS_EMOTIONS]
QUALITY_CHOICES = [(value.value, value.replace("_", " ")) for value in Quality]
INTENSITY_CHOICES = [(letter, f"{letter} ({word})") for letter, word in facs.INTENSITIES.items()]


class Subject(models.Model):
    """A person photographed. Demographics are optional tags as recorded by the source."""

    class Gender(models.TextChoices):
        FEMALE = "female"
        MALE = "male"
        OTHER = "other"

    code = models.CharField(
        max_length=32,
        unique=True,
        validators=[RegexValidator(r"\A[A-Za-z0-9_-]+\Z", "Use letters, digits, - and _ only.")],
    )
    gender = models.CharField(max_length=16, blank=True, choices=Gender.choices)
    age_group = models.CharField(max_length=16, blank=True)
    ethnicity = models.CharField(max_length=64, blank=True)

    class Meta:
        ordering = ["code"]

    def __str__(self) -> str:
        return self.code


class Face(models.Model):
    """One image of one subject's face: a private file, known by its digest."""

    class ColourMode(models.TextChoices):
        GREYSCALE = "greyscale"
        RGB = "rgb", "RGB"

    subject = models.ForeignKey(Subject, on_delete=models.PROTECT, related_name="faces")
    sequence = models.CharField(max_length=64, blank=True)
    frame = models.PositiveIntegerField(null=True, blank=True)
    file = models.FileField(upload_to="faces", max_length=200)
    thumbnail = models.FileField(upload_to="thumbnails", max_length=200)
    sha256 = models.CharField(max_length=64, unique=True)
    width = models.PositiveIntegerField()
    height = models.PositiveIntegerField()
    colour_mode = models.CharField(max_length=16, choices=ColourMode.choices)
    uploaded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True
    )
    created_at = models.DateTimeField(auto_now_add=True)

    objects = FaceQuerySet.as_manager()

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["subject", "sequence", "frame"],
                condition=Q(frame__isnull=False),
                name="one_face_per_frame",
            ),
            models.CheckConstraint(
                condition=Q(width__gt=0, height__gt=0), name="face_size_is_positive"
            ),
        ]

    def __str__(self) -> str:
        parts = [self.subject.code, self.sequence]
        if self.frame is not None:
            parts.append(f"{self.frame:08d}")
        return "_".join(part for part in parts if part) or f"face {self.pk}"


class Detection(models.Model):
    """Where a worker found the face, in pixels of the upright picture. The latest counts."""

    face = models.OneToOneField(Face, on_delete=models.CASCADE, related_name="detection")
    #: Left, top, right, bottom.
    box = models.JSONField()
    #: Corners of the crop that models see, clockwise from its upper left.
    crop = models.JSONField()
    #: 468 FaceMesh points.
    landmarks = models.JSONField()
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return f"Detection on face {self.face_id}"


class Coder(models.Model):
    """Somebody or something that codes faces: a person, a model version or an import."""

    class Kind(models.TextChoices):
        HUMAN = "human"
        MODEL = "model"
        IMPORT = "import"

    kind = models.CharField(max_length=8, choices=Kind.choices)
    name = models.CharField(max_length=150)
    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True
    )
    #: The model that pages compare with the truth unless asked otherwise. It follows the
    #: `champion` alias; it is kept here so that this app needs to know nothing of models.
    is_default = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["kind", "name"], name="one_coder_per_name"),
            models.UniqueConstraint(
                fields=["is_default"], condition=Q(is_default=True), name="one_default_coder"
            ),
            models.CheckConstraint(
                condition=Q(kind="human", user__isnull=False)
                | (~Q(kind="human") & Q(user__isnull=True)),
                name="only_human_coders_are_users",
            ),
            models.CheckConstraint(
                condition=Q(is_default=False) | Q(kind="model"), name="default_coder_is_a_model"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Coding(models.Model):
    """One coder's reading of one face. Blank emotion means: not coded."""

    class Split(models.TextChoices):
        """Where the face stood when the model that made this coding was trained. Either way it
        was read by what had never seen its subject."""

        VALIDATION = "validation", "out of fold"
        TEST = "test"

    face = models.ForeignKey(Face, on_delete=models.PROTECT, related_name="codings")
    coder = models.ForeignKey(Coder, on_delete=models.PROTECT, related_name="codings")
    #: A copy of the coder's kind, so that the constraints below can speak of it.
    coder_kind = models.CharField(max_length=8, choices=Coder.Kind.choices)
    emotion = models.CharField(max_length=16, blank=True, choices=EMOTION_CHOICES)
    basic_emotion = models.CharField(max_length=16, blank=True, choices=BASIC_EMOTION_CHOICES)
    emotion_probabilities = models.JSONField(null=True, blank=True)
    split = models.CharField(max_length=16, blank=True, choices=Split.choices)
    #: How fit the picture was to be read, as the model that made this coding found it.
    quality = models.CharField(max_length=16, blank=True, choices=QUALITY_CHOICES)
    #: The face's ground truth. The database allows one per face.
    is_accepted = models.BooleanField(default=False)
    based_on = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="revisions"
    )
    source = models.CharField(max_length=300, blank=True)
    #: Columns of the imported row that we don't know, kept for the round trip.
    extra = models.JSONField(default=dict, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = CodingQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["face"], condition=Q(is_accepted=True), name="one_truth_per_face"
            ),
            models.UniqueConstraint(
                fields=["face", "coder"],
                condition=Q(coder_kind="model"),
                name="one_prediction_per_model",
            ),
            models.CheckConstraint(
                condition=Q(emotion__in=["", *facs.EMOTIONS]), name="emotion_is_known"
            ),
            models.CheckConstraint(
                condition=Q(emotion_probabilities__isnull=True) | Q(coder_kind="model"),
                name="only_models_give_probabilities",
            ),
            models.CheckConstraint(
                condition=Q(quality="") | Q(coder_kind="model", quality__in=list(Quality)),
                name="only_models_judge_quality",
            ),
            models.CheckConstraint(
                condition=~Q(coder_kind="model") | Q(is_accepted=False),
                name="a_prediction_is_never_the_truth",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.coder} on face {self.face_id}"

    @property
    def quality_reason(self) -> str:
        """Why this prediction may be wrong, in words; empty for a good picture."""
        return REASONS.get(Quality(self.quality), "") if self.quality else ""


class ActionUnitScore(models.Model):
    """Presence of one action unit in a coding, with intensity or probability where given."""

    coding = models.ForeignKey(Coding, on_delete=models.CASCADE, related_name="scores")
    au = models.PositiveSmallIntegerField("action unit")
    present = models.BooleanField()
    intensity = models.CharField(max_length=1, blank=True, choices=INTENSITY_CHOICES)
    probability = models.FloatField(null=True, blank=True)

    objects = ActionUnitScoreQuerySet.as_manager()

    class Meta:
        ordering = ["au"]
        constraints = [
            models.UniqueConstraint(fields=["coding", "au"], name="one_score_per_action_unit"),
            models.CheckConstraint(
                condition=Q(au__in=sorted(facs.ACTION_UNITS)), name="action_unit_is_known"
            ),
            models.CheckConstraint(
                condition=Q(intensity="") | Q(intensity__in=list("ABCDE"), present=True),
                name="intensity_is_of_a_present_unit",
            ),
            models.CheckConstraint(
                condition=Q(probability__isnull=True)
                | Q(probability__gte=0.0, probability__lte=1.0),
                name="probability_is_within_0_and_1",
            ),
        ]

    def __str__(self) -> str:
        return f"AU{self.au} {'present' if self.present else 'absent'}"


class Review(models.Model):
    """A reviewer's decision on a face. Written once, never changed."""

    class Decision(models.TextChoices):
        ACCEPT_TRUTH = "accept_truth", "kept the ground truth"
        ACCEPT_MODEL = "accept_model", "took the model's reading"
        CORRECT = "correct", "corrected"
        PROPOSE = "propose", "proposed a coding"

    face = models.ForeignKey(Face, on_delete=models.PROTECT, related_name="reviews")
    reviewer = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT)
    decision = models.CharField(max_length=16, choices=Decision.choices)
    #: The coding that the decision was about, and the one that came of it.
    reviewed = models.ForeignKey(
        Coding, on_delete=models.PROTECT, null=True, blank=True, related_name="reviews"
    )
    result = models.ForeignKey(
        Coding, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    comment = models.TextField(blank=True, max_length=2000)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = ReviewQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]

    def __str__(self) -> str:
        return f"{self.reviewer} {self.get_decision_display()}"

    def save(self, *args, **kwargs) -> None:
        if not self._state.adding:
            raise AppendOnly("A review is written once and never changed; write a new one.")
        super().save(*args, **kwargs)

    def delete(self, *args, **kwargs):
        raise AppendOnly("A review is never deleted.")
