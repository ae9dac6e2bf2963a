"""Subjects, pictures of their faces, and where in them the face was found."""

from django.conf import settings
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Q
from django.utils import timezone

from annotations.models.face_querysets import FaceQuerySet


class Subject(models.Model):
    """A person who was photographed. Demographics are optional tags recorded by the source."""

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
    """One image of one subject's face: a private file, named by its digest."""

    class ColourMode(models.TextChoices):
        GREYSCALE = "greyscale"
        RGB = "rgb", "RGB"

    subject = models.ForeignKey(Subject, on_delete=models.PROTECT, related_name="faces")
    sequence = models.CharField(max_length=64, blank=True)
    frame = models.PositiveIntegerField(null=True, blank=True)
    file = models.FileField(upload_to="faces", max_length=200)
    #: Digest of the picture as it was sent; it never changes, and names the face everywhere.
    sha256 = models.CharField(max_length=64, unique=True)
    #: Digest of the file that is kept, which has no metadata. Blank: not looked through yet.
    stored_sha256 = models.CharField(max_length=64, blank=True, db_index=True)
    width = models.PositiveIntegerField()
    height = models.PositiveIntegerField()
    colour_mode = models.CharField(max_length=16, choices=ColourMode.choices)
    #: The file name under which the picture came in; tables may call it so. It may tell the
    #: emotion, so nobody who codes blind is shown it.
    source_name = models.CharField(max_length=255, blank=True, db_index=True)
    #: A drawing of nobody, byte for byte as the demo's generator made it.
    is_drawn = models.BooleanField(default=False)
    #: Whether a worker has been through it for its thumbnails, which no row names
    #: (annotations.faces.thumbnails).
    has_thumbnails = models.BooleanField(default=False, editable=False)
    #: Whether it has a ground truth, as its codings say too (annotations.codings.facts).
    is_labelled = models.BooleanField(default=False, editable=False)
    uploaded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True
    )
    #: Not auto_now_add: what an export brings back keeps its date.
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = FaceQuerySet.as_manager()

    class Meta:
        ordering = ["pk"]
        indexes = [
            models.Index(fields=["created_at"], name="face_by_time"),
            models.Index(
                fields=["id", "is_labelled"],
                condition=Q(is_labelled=False),
                name="face_without_truth",
            ),
            models.Index(
                fields=["id", "has_thumbnails"],
                condition=Q(has_thumbnails=False),
                name="face_without_thumbnails",
            ),
        ]
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

    #: Shown to somebody who codes it blind: its own name would tell. Set by annotations.visibility.
    is_veiled = False
    #: Shown to somebody who may read its subject's demographics. Set by annotations.visibility.
    shows_tags = False

    def __str__(self) -> str:
        if self.is_veiled:
            return f"{self.subject.code}, face {self.pk}"
        parts = [self.subject.code, self.sequence]
        if self.frame is not None:
            parts.append(f"{self.frame:08d}")
        return "_".join(part for part in parts if part) or f"face {self.pk}"


class Detection(models.Model):
    """The face as a worker found it, in pixels of the upright picture. The latest counts."""

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


class NeutralFrame(models.Model):
    """The picture that a sequence begins with, before the expression: to compare the peak with."""

    subject = models.ForeignKey(Subject, on_delete=models.PROTECT, related_name="neutral_frames")
    sequence = models.CharField(max_length=64)
    frame = models.PositiveIntegerField()
    file = models.FileField(upload_to="neutral", max_length=200)
    #: As of a Face.
    sha256 = models.CharField(max_length=64)
    stored_sha256 = models.CharField(max_length=64, blank=True)
    width = models.PositiveIntegerField()
    height = models.PositiveIntegerField()
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["subject", "sequence"], name="one_neutral_frame_per_sequence"
            )
        ]

    def __str__(self) -> str:
        return f"{self.subject.code}_{self.sequence}_{self.frame:08d} (neutral)"
