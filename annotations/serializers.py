"""Faces and codings as JSON: what is read, and, apart from it, what may be written."""

from __future__ import annotations

import json
import re

from django.conf import settings
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.reverse import reverse

from annotations import facs
from annotations.models import EMOTION_CHOICES, Coding, Detection, Face, Subject
from annotations.selectors import comparison_of
from annotations.services import Reading, Score

_BIGGEST_ID = 2**63 - 1
_BIGGEST_FRAME = 2**31 - 1


class ErrorSerializer(serializers.Serializer):
    """Every error of the API."""

    code = serializers.CharField(help_text="Stable; for programs.")
    detail = serializers.CharField(help_text="For people.")
    # DRF takes declared fields off the class, so its own `fields` stays what it was.
    fields = serializers.DictField(  # type: ignore[assignment]
        child=serializers.ListField(child=serializers.CharField()),
        help_text="What is wrong with which field.",
    )


class DetectionSerializer(serializers.ModelSerializer):
    """In pixels of the upright picture."""

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


class ScoreSerializer(serializers.Serializer):
    present = serializers.BooleanField()
    intensity = serializers.CharField(allow_blank=True, help_text="A to E, or blank.")
    probability = serializers.FloatField(allow_null=True)


class CodingSerializer(serializers.ModelSerializer):
    """One coder's reading of a face; `kind` says whether a person, a model or an import."""

    coder = serializers.CharField(source="coder.name", read_only=True)
    kind = serializers.CharField(source="coder_kind", read_only=True)
    emotion = serializers.CharField(read_only=True)
    emotion_probabilities = serializers.DictField(
        child=serializers.FloatField(), allow_null=True, read_only=True
    )
    action_units = serializers.SerializerMethodField()

    class Meta:
        model = Coding
        fields = [
            "id", "coder", "kind", "emotion", "emotion_probabilities", "action_units",
            "is_accepted", "is_blind", "is_withdrawn", "split", "quality", "based_on", "source",
            "created_at",
        ]  # fmt: skip
        read_only_fields = fields

    @extend_schema_field(serializers.DictField(child=ScoreSerializer()))
    def get_action_units(self, coding: Coding) -> dict[str, dict]:
        return {str(score.au): ScoreSerializer(score).data for score in coding.scores.all()}


class SubjectSerializer(serializers.ModelSerializer):
    class Meta:
        model = Subject
        fields = ["code", "gender", "age_group", "ethnicity"]
        read_only_fields = fields


class FaceSerializer(serializers.ModelSerializer):
    """A face that came through `with_comparison`."""

    subject = SubjectSerializer(read_only=True)
    image_url = serializers.SerializerMethodField()
    truth = serializers.SerializerMethodField()
    prediction = serializers.SerializerMethodField(help_text="By the champion.")
    differences = serializers.SerializerMethodField(help_text="Null where one of both is missing.")

    class Meta:
        model = Face
        fields = [
            "id", "subject", "sequence", "frame", "width", "height", "colour_mode", "image_url",
            "truth", "prediction", "differences", "created_at",
        ]  # fmt: skip
        read_only_fields = fields

    def get_image_url(self, face: Face) -> str:
        return reverse("api-face-image", args=[face.pk], request=self.context.get("request"))

    @extend_schema_field(CodingSerializer(allow_null=True))
    def get_truth(self, face: Face):
        truth = comparison_of(face).truth
        return CodingSerializer(truth).data if truth else None

    @extend_schema_field(CodingSerializer(allow_null=True))
    def get_prediction(self, face: Face):
        reading = comparison_of(face).model
        return CodingSerializer(reading).data if reading else None

    def get_differences(self, face: Face) -> int | None:
        comparison = comparison_of(face)
        return comparison.differences if comparison.comparable else None


class UploadSerializer(serializers.Serializer):
    """What came of an upload."""

    created = serializers.BooleanField(help_text="False: this image was known already.")
    inference_run = serializers.IntegerField(allow_null=True)
    face = FaceSerializer()


@extend_schema_field(
    {
        "type": "object",
        "additionalProperties": {
            "oneOf": [{"type": "boolean"}, {"type": "string", "enum": list(facs.INTENSITIES)}]
        },
        "example": {"6": True, "12": "C", "4": False},
    }
)
class ActionUnitsField(serializers.Field):
    """{"12": "C", "6": true, "4": false}; as JSON text too, for forms."""

    default_error_messages = {
        "not_an_object": 'Give an object such as {{"12": "C", "6": true, "4": false}}.',
        "unknown": "“{au}” is not a FACS action unit known here.",
        "value": "AU{au}: give true, false or an intensity from A to E.",
    }

    def to_internal_value(self, data) -> dict[int, Score]:
        if isinstance(data, str):
            try:
                data = json.loads(data)
            except (ValueError, RecursionError):
                self.fail("not_an_object")
        if not isinstance(data, dict):
            self.fail("not_an_object")
        return {self._number(name): self._score(name, value) for name, value in data.items()}

    def _number(self, name: str) -> int:
        if not re.fullmatch(r"[1-9][0-9]?", name) or int(name) not in facs.ACTION_UNITS:
            self.fail("unknown", au=name[:20])
        return int(name)

    def _score(self, name: str, value) -> Score:
        if isinstance(value, bool):
            return Score(value)
        if isinstance(value, str) and value in facs.INTENSITIES:
            return Score(True, value)
        self.fail("value", au=name)

    def to_representation(self, value):
        return value


class _LabelFields(serializers.Serializer):
    emotion = serializers.ChoiceField(choices=EMOTION_CHOICES, required=False, allow_blank=True)
    action_units = ActionUnitsField(required=False)


class FaceUploadSerializer(_LabelFields):
    """A multipart form: the image, whose face it is, and optionally its label."""

    image = serializers.FileField(help_text="PNG or JPEG.")
    subject = serializers.CharField(max_length=32, help_text="Code of the person, such as S005.")
    gender = serializers.ChoiceField(
        choices=Subject.Gender.choices, required=False, allow_blank=True
    )
    age_group = serializers.CharField(max_length=16, required=False, allow_blank=True)
    ethnicity = serializers.CharField(max_length=64, required=False, allow_blank=True)
    sequence = serializers.CharField(max_length=64, required=False, allow_blank=True, default="")
    frame = serializers.IntegerField(
        min_value=0, max_value=_BIGGEST_FRAME, required=False, allow_null=True, default=None
    )
    predict = serializers.BooleanField(
        required=False,
        allow_null=True,
        default=None,
        help_text="Ask the champion for a prediction; the default where there is one.",
    )

    def validate_image(self, image):
        """Before it is read into memory."""
        if image.size > settings.FACE_MAX_BYTES:
            limit = f"{settings.FACE_MAX_BYTES:,}"
            raise serializers.ValidationError(f"At most {limit} bytes are accepted.")
        return image

    def reading(self) -> Reading | None:
        given = self.validated_data
        emotion, scores = given.get("emotion", ""), given.get("action_units", {})
        return Reading(emotion, scores) if emotion or scores else None

    def demographics(self) -> dict[str, str]:
        names = ("gender", "age_group", "ethnicity")
        return {name: self.validated_data.get(name, "") for name in names}


class LabelSerializer(_LabelFields):
    """A label. Action units that are not named keep what the ground truth says of them."""

    seen = serializers.IntegerField(
        min_value=1,
        max_value=_BIGGEST_ID,
        allow_null=True,
        help_text="Id of the ground truth that this label is to replace; null where none was.",
    )
    comment = serializers.CharField(max_length=2000, required=False, allow_blank=True, default="")


class FaceFilterSerializer(serializers.Serializer):
    """Query parameters of the list."""

    emotion = serializers.ChoiceField(
        choices=EMOTION_CHOICES, required=False, help_text="Of the ground truth."
    )
    au = serializers.ChoiceField(
        choices=sorted(facs.ACTION_UNITS), required=False, help_text="Present in the ground truth."
    )
    subject = serializers.CharField(max_length=32, required=False)
    split = serializers.ChoiceField(
        choices=Coding.Split.choices, required=False, help_text="In the champion's training."
    )
    agreement = serializers.ChoiceField(choices=["agree", "disagree", "unlabelled"], required=False)
    cursor = serializers.CharField(required=False)

    def validate(self, attrs: dict) -> dict:
        unknown = sorted(set(self.initial_data) - set(self.get_fields()))
        if unknown:
            known = ", ".join(self.get_fields())
            raise serializers.ValidationError(
                {name: [f"There is no such filter; use one of {known}."] for name in unknown}
            )
        return attrs
