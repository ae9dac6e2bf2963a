"""Answers of the API, for its schema; rows.py builds the same by hand, for speed."""

from __future__ import annotations

from typing import Any, cast

from rest_framework import serializers

from annotations.api.example_bodies import with_examples
from annotations.models import EMOTION_CHOICES, Coder, Coding, Detection, Face, Review, Subject
from annotations.models.codings import BASIC_EMOTION_CHOICES, QUALITY_CHOICES, REFERENCE_CHOICES

_BLANK = ("", "")
ITEM_STATUS = [(name, name) for name in ("created", "unchanged", "refused")]


class DetectionSerializer(serializers.ModelSerializer[Detection]):
    """A face's detection, in pixels of the upright picture."""

    box = serializers.ListField(
        child=serializers.IntegerField(), help_text="Left, top, right, bottom."
    )
    crop = serializers.ListField(
        child=serializers.ListField(child=serializers.IntegerField()),
        help_text="Four corners (x, y), clockwise from the crop's upper left.",
    )
    landmarks = serializers.ListField(
        child=serializers.ListField(child=serializers.IntegerField()),
        help_text="468 FaceMesh points (x, y).",
    )

    class Meta:
        model = Detection
        fields = ["box", "crop", "landmarks"]
        read_only_fields = fields


class ScoreSerializer(serializers.Serializer[Any]):
    present = serializers.BooleanField()
    intensity = serializers.CharField(allow_blank=True, help_text="A to E, or blank.")
    side = serializers.CharField(
        required=False,
        help_text="L, R, T or B: it shows on the left, right, top or bottom only; else missing.",
    )
    probability = serializers.FloatField(allow_null=True)


class PoseSerializer(serializers.Serializer[Any]):
    """A head's pose in degrees; all are 0 for who looks straight into the camera."""

    yaw = serializers.FloatField(help_text="Above 0 where it looks towards the picture's right.")
    pitch = serializers.FloatField(help_text="Above 0 where it looks up.")
    roll = serializers.FloatField(help_text="Above 0 where the head leans clockwise.")


class SetsSerializer(serializers.Serializer[Any]):
    """The answers for a face that a model can't exclude."""

    emotions = serializers.ListField(
        child=serializers.CharField(),
        help_text="At least one; none where nothing is promised of emotions.",
    )
    unsure = serializers.ListField(
        child=serializers.IntegerField(),
        help_text="Action units that may as well be present as absent.",
    )
    coverage = serializers.FloatField(
        help_text="The promise: of new people’s faces with any one label, the set holds it on at "
        "least this share; of a face that is `unlike`, nothing is promised."
    )


@with_examples
class CodingSerializer(serializers.Serializer[Any]):
    """One coder's reading of a face; `kind` tells a person, a model and an import apart."""

    id = serializers.IntegerField()
    face = serializers.IntegerField()
    coder = serializers.CharField()
    kind = serializers.ChoiceField(choices=Coder.Kind.choices)
    emotion = serializers.ChoiceField(choices=[_BLANK, *EMOTION_CHOICES])
    basic_emotion = serializers.ChoiceField(
        choices=[_BLANK, *BASIC_EMOTION_CHOICES], help_text="CK+'s name of it, where known."
    )
    emotion_probabilities = serializers.DictField(child=serializers.FloatField(), allow_null=True)
    confidence = serializers.FloatField(
        allow_null=True, help_text="A model's probability of its emotion."
    )
    action_units = serializers.DictField(
        child=ScoreSerializer(), help_text="By number. What is not named was not coded."
    )
    is_accepted = serializers.BooleanField(help_text="It is the ground truth.")
    is_blind = serializers.BooleanField()
    is_independent = serializers.BooleanField(
        help_text="Read off the face; false of a decision, which takes over what others said."
    )
    is_withdrawn = serializers.BooleanField()
    split = serializers.ChoiceField(choices=[_BLANK, *Coding.Split.choices])
    quality = serializers.ChoiceField(choices=[_BLANK, *QUALITY_CHOICES])
    pose = PoseSerializer(
        allow_null=True, help_text="How the head was turned, as a model's worker estimated it."
    )
    compared_with = serializers.ChoiceField(
        choices=[_BLANK, *REFERENCE_CHOICES],
        help_text="What a model read the face beside, where it reads differences.",
    )
    distance = serializers.FloatField(
        allow_null=True,
        help_text="How far the face is from those that the model learnt from, over its limit.",
    )
    unlike = serializers.BooleanField(
        allow_null=True, help_text="Whether that is above 1: don't trust the reading."
    )
    sets = SetsSerializer(allow_null=True, help_text="Null where the model promises nothing.")
    learnt_from_drawings = serializers.BooleanField(
        help_text="A model that learnt from drawn faces read a photograph: expect chance."
    )
    based_on = serializers.IntegerField(allow_null=True)
    source = serializers.CharField()  # type: ignore[assignment]  # a field of that name
    brought_by = serializers.IntegerField(
        allow_null=True,
        help_text="The import that brought it in its coder's name; null of what was said here.",
    )
    created_at = serializers.DateTimeField()


class _Sparse(serializers.Serializer[Any]):
    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        shown = super().get_fields()
        for field in shown.values():
            field.required = False
        return shown


class CodingInListSerializer(_Sparse, CodingSerializer):
    """A coding, less what `fields` leaves out."""


class SubjectSerializer(serializers.ModelSerializer[Subject]):
    gender = serializers.ChoiceField(choices=[_BLANK, *Subject.Gender.choices], read_only=True)

    class Meta:
        model = Subject
        fields = ["code", "gender", "age_group", "ethnicity"]
        read_only_fields = fields


class SubjectInListSerializer(SubjectSerializer):
    """A subject. Tags are for admins and auditors, and blank if you code a face of theirs blind."""

    faces = serializers.IntegerField(
        source="pictures", read_only=True, help_text="How many there are of them."
    )

    class Meta(SubjectSerializer.Meta):
        fields = [*SubjectSerializer.Meta.fields, "faces"]
        read_only_fields = fields

    def to_representation(self, subject: Subject) -> dict[str, Any]:
        shown = super().to_representation(subject)
        if cast(Any, subject).is_veiled:  # the view's queryset annotates it
            shown |= dict.fromkeys(("gender", "age_group", "ethnicity"), "")
        return shown


class CoderSerializer(serializers.ModelSerializer[Coder]):
    codings = serializers.IntegerField(
        source="standing", read_only=True, help_text="That stand and that you may see."
    )
    about = serializers.CharField(
        read_only=True,
        help_text="Of a model that came with the product: what it learnt from, and its licence.",
    )

    class Meta:
        model = Coder
        fields = ["id", "kind", "name", "about", "codes_blind", "is_default", "codings"]
        read_only_fields = fields


@with_examples
class FaceSerializer(serializers.Serializer[Any]):
    """A face with its truth and a model's prediction."""

    id = serializers.IntegerField()
    subject = SubjectSerializer()
    sequence = serializers.CharField()
    frame = serializers.IntegerField(allow_null=True)
    sha256 = serializers.CharField(help_text="Digest of the picture as it was sent; its name.")
    stored_sha256 = serializers.CharField(
        help_text="Digest of what is kept of it, without metadata: that of a download."
    )
    width = serializers.IntegerField(help_text="Pixels, upright.")
    height = serializers.IntegerField()
    colour_mode = serializers.ChoiceField(choices=Face.ColourMode.choices)
    is_drawn = serializers.BooleanField(help_text="A drawing of nobody, by the demo's generator.")
    image_url = serializers.URLField()
    truth = CodingSerializer(allow_null=True)
    prediction = CodingSerializer(allow_null=True, help_text="By the champion, or by `model`.")
    differences = serializers.IntegerField(
        allow_null=True, help_text="Null where truth or prediction is missing."
    )
    created_at = serializers.DateTimeField()


class FaceInListSerializer(_Sparse, FaceSerializer):
    """A face, less what `fields` leaves out."""


class ReviewSerializer(serializers.ModelSerializer[Review]):
    reviewer = serializers.CharField(source="reviewer.username", read_only=True)
    undone = serializers.BooleanField(read_only=True)

    class Meta:
        model = Review
        fields = [
            "id", "face", "reviewer", "decision", "reviewed", "result", "replaced", "undoes",
            "undone", "comment", "origin", "brought_by", "created_at",
        ]  # fmt: skip
        read_only_fields = fields


class WarningsField(serializers.ListField):
    """Sentences on what the subject's code or the file's name may tell of a person."""

    def __init__(self) -> None:
        super().__init__(child=serializers.CharField(), help_text=str(self.__doc__))


class UploadSerializer(serializers.Serializer[Any]):
    """The outcome of an upload."""

    created = serializers.BooleanField(help_text="False: this image was known already.")
    inference_run = serializers.IntegerField(allow_null=True)
    warnings = WarningsField()
    face = FaceSerializer()


class NeutralUploadedSerializer(serializers.Serializer[Any]):
    """The neutral frame that a face's sequence has now; digests and size as of a face."""

    changed = serializers.BooleanField(help_text="False: this picture was it already.")
    frame = serializers.IntegerField(source="neutral.frame")
    sha256 = serializers.CharField(source="neutral.sha256")
    stored_sha256 = serializers.CharField(source="neutral.stored_sha256")
    width = serializers.IntegerField(source="neutral.width")
    height = serializers.IntegerField(source="neutral.height")


class _ItemSerializer(serializers.Serializer[Any]):
    status = serializers.ChoiceField(choices=ITEM_STATUS)
    code = serializers.CharField(help_text="Of a refusal; else blank.")
    detail = serializers.CharField(help_text="Why it was refused, for people.")
    # As of errors: taken off the class.
    fields = serializers.DictField(  # type: ignore[assignment]  # see above
        child=serializers.ListField(child=serializers.CharField())
    )


class _Counts(serializers.Serializer[Any]):
    created = serializers.IntegerField()
    unchanged = serializers.IntegerField()
    refused = serializers.IntegerField()


class UploadedItemSerializer(_ItemSerializer):
    file = serializers.CharField()
    face = serializers.IntegerField(allow_null=True)
    warnings = WarningsField()


@with_examples
class UploadBatchAnswerSerializer(_Counts):
    inference_run = serializers.IntegerField(allow_null=True)
    items = UploadedItemSerializer(many=True)


class LabelledItemSerializer(_ItemSerializer):
    index = serializers.IntegerField(help_text="Place in the request, from 0.")
    face = serializers.IntegerField(allow_null=True)
    coding = serializers.IntegerField(allow_null=True)


@with_examples
class LabelBatchAnswerSerializer(_Counts):
    items = LabelledItemSerializer(many=True)


class KnownAnswerSerializer(serializers.Serializer[Any]):
    known = serializers.DictField(
        child=serializers.IntegerField(), help_text="Digest -> id of the face that has it."
    )
