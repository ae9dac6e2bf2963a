"""Coders, their codings of faces, and the scores of action units."""

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from annotations import facs
from annotations.facs.head_pose import Pose
from annotations.facs.picture_quality import Quality, reason
from annotations.facs.prediction_set import UNLIKE_FROM, PredictionSet
from annotations.facs.reference_kind import ReferenceKind
from annotations.models.coding_indexes import LISTS
from annotations.models.faces import Face
from annotations.models.querysets import ActionUnitScoreQuerySet, CodingQuerySet
from annotations.models.unit_bits import UnitBits

EMOTION_CHOICES = [(name, name.capitalize()) for name in facs.EMOTIONS]
BASIC_EMOTION_CHOICES = [(name, name.capitalize()) for name in facs.CKPLUS_EMOTIONS]
REFERENCE_CHOICES = [(kind.value, kind.words) for kind in ReferenceKind]
QUALITY_CHOICES = [(value.value, value.replace("_", " ")) for value in Quality]
INTENSITY_CHOICES = [(letter, f"{letter} ({word})") for letter, word in facs.INTENSITIES.items()]


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
    #: Of a model that came with the product and was never trained here: whose it is, its licence,
    #: what it learnt from. Shown with its readings. Blank of all others.
    about = models.CharField(max_length=400, blank=True)
    #: Share of the faces that a model learnt from that are drawings of nobody; null: not known.
    drawn_share = models.FloatField(null=True, blank=True)

    #: Sees neither models nor other coders on a face before coding it.
    codes_blind = models.BooleanField(default=False)
    #: How the editor opens for them: whether what they don't touch is stored as absent.
    rest_is_absent = models.BooleanField(default=False)

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

    @property
    def drawn_in_words(self) -> str:
        """The share of drawings among the faces that a model learnt from; empty without any."""
        if not self.drawn_share:
            return ""
        return (
            "learnt from drawn faces"
            if self.drawn_share == 1
            else f"learnt from {100 * self.drawn_share:.0f} % drawn faces"
        )


class Coding(models.Model):
    """One coder's reading of one face. A blank emotion means that none was coded."""

    class Split(models.TextChoices):
        """The split that the face was in when the model that made this coding was trained.

        Either way, the face was read by a model, or parts of one, that had never seen its subject.
        """

        VALIDATION = "validation", "out of fold"
        TEST = "test"

    face = models.ForeignKey(Face, on_delete=models.PROTECT, related_name="codings")
    coder = models.ForeignKey(Coder, on_delete=models.PROTECT, related_name="codings")
    #: A copy of the coder's kind, so that the constraints below can speak of it.
    coder_kind = models.CharField(max_length=8, choices=Coder.Kind.choices)
    emotion = models.CharField(max_length=16, blank=True, choices=EMOTION_CHOICES)
    basic_emotion = models.CharField(max_length=16, blank=True, choices=BASIC_EMOTION_CHOICES)
    emotion_probabilities = models.JSONField(null=True, blank=True)
    #: The probability of `emotion`, in a column of its own so that it can be searched and ordered.
    confidence = models.FloatField(null=True, blank=True)
    #: The lowest probability of what it says, of the emotion and each unit; null where it gives
    #: none of either. Written with the scores, and never changed as they aren't.
    least_confidence = models.FloatField(null=True, blank=True, editable=False)
    split = models.CharField(max_length=16, blank=True, choices=Split.choices)
    #: How fit the picture was to be read, as the model that made this coding found it.
    quality = models.CharField(max_length=16, blank=True, choices=QUALITY_CHOICES)
    #: How the head was turned, by `facs.head_pose.Pose.to_json`; null where no face was found.
    pose = models.JSONField(null=True, blank=True)
    #: How far the face is from those that the model learnt from, over its limit: above 1 it is
    #: unlike them. Null where the model can't tell.
    distance = models.FloatField(null=True, blank=True)
    #: What the model can't exclude, by `facs.prediction_set`; null where it promises nothing.
    sets = models.JSONField(null=True, blank=True)
    #: What the model that made this coding compared the face with; empty for nothing.
    compared_with = models.CharField(max_length=8, blank=True, choices=REFERENCE_CHOICES)
    #: Its scores once more, as annotations.models.unit_bits says.
    units_present = UnitBits()
    units_absent = UnitBits()
    #: Of a model's reading: whether its face's truth says otherwise (annotations.codings.facts);
    #: null where there is no truth, and of all other codings.
    differs = models.BooleanField(null=True, blank=True, editable=False)
    #: The face's ground truth. The database allows one per face.
    is_accepted = models.BooleanField(default=False)
    #: The coder had seen neither a model's reading nor anybody else's.
    is_blind = models.BooleanField(default=False)
    #: Read off the face by its coder. False of a decision about the truth, which takes over what
    #: others said; such codings are nobody's vote on how far coders agree.
    is_independent = models.BooleanField(default=True)
    #: Taken back by its coder: history, but nobody's opinion any more.
    is_withdrawn = models.BooleanField(default=False)
    based_on = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="revisions"
    )
    source = models.CharField(max_length=300, blank=True)
    #: The id of the import that brought it in its coder's name, kept also when the import is gone;
    #: null of what was said here.
    brought_by = models.PositiveBigIntegerField(null=True, blank=True, editable=False)
    #: Columns of the imported row that we don't know, kept for the round trip.
    extra = models.JSONField(default=dict, blank=True)
    #: Not auto_now_add: what an export brings back keeps its date.
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    #: What it says, as annotations.codings.reading has it, once that was asked or written.
    reading: Any = None

    objects = CodingQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        indexes = [
            models.Index(fields=["face", "coder"], name="coding_of_face_by_coder"),
            models.Index(fields=["coder", "confidence"], name="coding_by_confidence"),
            # All that the gallery behind a cell asks of a model's readings, without their rows.
            models.Index(
                fields=["coder", "split", "emotion", "face", "units_present", "units_absent"],
                name="coding_by_what_it_says",
            ),
            models.Index(fields=["created_at"], name="coding_by_time"),
            # Counted whenever a comparison is looked at: has anything changed since?
            models.Index(
                fields=["coder", "id"], condition=Q(is_withdrawn=False), name="coding_that_stands"
            ),
            models.Index(
                fields=["coder", "least_confidence", "id"],
                condition=Q(least_confidence__isnull=False),
                name="coding_by_least_confidence",
            ),
            # What may await a decision: few of all codings, in the order in which they are listed.
            models.Index(
                fields=["face", "coder"],
                condition=Q(coder_kind="human", is_withdrawn=False, is_accepted=False),
                name="said_by_people_beside_truth",
            ),
            models.Index(
                fields=["coder", "distance"],
                condition=Q(distance__isnull=False),
                name="coding_by_distance",
            ),
            *LISTS,
        ]
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
                condition=Q(distance__isnull=True, sets__isnull=True) | Q(coder_kind="model"),
                name="only_models_tell_doubts",
            ),
            models.CheckConstraint(
                condition=~Q(coder_kind="model") | Q(is_accepted=False),
                name="a_prediction_is_never_the_truth",
            ),
            models.CheckConstraint(
                condition=~Q(is_withdrawn=True, is_accepted=True),
                name="what_is_withdrawn_is_not_the_truth",
            ),
            models.CheckConstraint(
                condition=Q(is_blind=False) | Q(coder_kind="human"),
                name="only_people_code_blind",
            ),
            models.CheckConstraint(
                condition=Q(is_independent=True) | Q(coder_kind="human", is_blind=False),
                name="only_a_person_who_sees_takes_over",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.coder} on face {self.face_id}"

    @property
    def is_unlike(self) -> bool:
        """Whether the face is unlike those that the model of this coding learnt from."""
        return self.distance is not None and self.distance > UNLIKE_FROM

    @property
    def possible(self) -> PredictionSet | None:
        """The answers that the model can't exclude; None where it promises nothing."""
        return PredictionSet.from_json(self.sets) if self.sets else None

    @property
    def is_by_drawings(self) -> bool:
        """Whether a model that learnt from drawn faces read a photograph."""
        return bool(self.coder.drawn_share) and not self.face.is_drawn

    @property
    def quality_reason(self) -> str:
        """The reason why this prediction may be wrong; empty for a good picture."""
        return reason(Quality(self.quality), self._head) if self.quality else ""

    @property
    def quality_in_short(self) -> str:
        """The same reason in a word or two, as a card has room for."""
        head = self._head
        if self.quality == Quality.EXTREME_POSE and head:
            return f"turned {head.turned:.0f}°"
        return self.get_quality_display()

    @property
    def _head(self) -> Pose | None:
        return Pose.from_json(self.pose) if self.pose else None


class ActionUnitScore(models.Model):
    """Presence of one action unit in a coding, with intensity or probability where given."""

    coding = models.ForeignKey(Coding, on_delete=models.CASCADE, related_name="scores")

    class Side(models.TextChoices):
        """FACS's prefixes for an action unit that shows on only a part of the face."""

        LEFT = "L", "left"
        RIGHT = "R", "right"
        TOP = "T", "top"
        BOTTOM = "B", "bottom"

    au = models.PositiveSmallIntegerField("action unit")
    present = models.BooleanField()
    intensity = models.CharField(max_length=1, blank=True, choices=INTENSITY_CHOICES)
    #: Blank: of the whole face, or not said.
    side = models.CharField(max_length=1, blank=True, choices=Side.choices)
    probability = models.FloatField(null=True, blank=True)

    objects = ActionUnitScoreQuerySet.as_manager()

    class Meta:
        ordering = ["au"]
        indexes = [
            # For the faces that another threshold would change.
            models.Index(
                fields=["au", "probability", "coding"],
                condition=Q(probability__isnull=False),
                name="score_by_probability",
            ),
            # For the codings that show a unit which few show.
            models.Index(
                fields=["au", "coding"], condition=Q(present=True), name="score_that_shows"
            ),
        ]
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
                condition=Q(side="") | Q(side__in=list("LRTB"), present=True),
                name="side_is_of_a_present_unit",
            ),
            models.CheckConstraint(
                condition=Q(probability__isnull=True)
                | Q(probability__gte=0.0, probability__lte=1.0),
                name="probability_is_within_0_and_1",
            ),
        ]

    def __str__(self) -> str:
        return f"AU{self.au} {'present' if self.present else 'absent'}"
