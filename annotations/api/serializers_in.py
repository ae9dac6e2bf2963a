"""Bodies that the API accepts. Every text, number and list has its limits."""

from __future__ import annotations

import math
import re
from typing import Any

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from annotations import facs
from annotations.api.example_bodies import with_examples, with_form_examples
from annotations.codings.reading import Reading, Score
from annotations.models import EMOTION_CHOICES, Subject
from facsweb.rest.id_field import IdField
from facsweb.rest.parsers import strict_json

BIGGEST_FRAME = 2**31 - 1
MOST_FILES, MOST_ITEMS = 100, 1000
_SHA256 = r"\A[0-9a-f]{64}\Z"


class _UnitsField(serializers.Field[Any, Any, Any, Any]):
    """An object by action unit; for forms, as JSON text too."""

    example = '{"12": "C", "6": true, "4": false}'
    default_error_messages = {
        "not_an_object": "Give an object such as {example}.",
        "unknown": "“{au}” is not a FACS action unit known here.",
    }

    def to_internal_value(self, data: Any) -> dict[int, Score]:
        if isinstance(data, str):
            try:
                data = strict_json(data)
            except ValueError:
                self.fail("not_an_object", example=self.example)
        if not isinstance(data, dict):
            self.fail("not_an_object", example=self.example)
        return {self._number(str(name)): self.score(name, value) for name, value in data.items()}

    def _number(self, name: str) -> int:
        if not re.fullmatch(r"[1-9][0-9]?", name, re.ASCII) or int(name) not in facs.ACTION_UNITS:
            self.fail("unknown", au=name[:20])
        return int(name)

    def score(self, name: str, value: Any) -> Score:
        raise NotImplementedError

    def to_representation(self, value: Any) -> Any:
        return value


@extend_schema_field(
    {
        "type": "object",
        "propertyNames": {"enum": [str(au) for au in sorted(facs.ACTION_UNITS)]},
        "additionalProperties": {
            "oneOf": [{"type": "boolean"}, {"type": "string", "enum": list(facs.INTENSITIES)}]
        },
        "example": {"6": True, "12": "C", "4": False},
    }
)
class ActionUnitsField(_UnitsField):
    """true = present, A to E = present with that intensity, false = absent."""

    default_error_messages = {"value": "AU{au}: give true, false or an intensity from A to E."}

    def score(self, name: str, value: Any) -> Score:
        if isinstance(value, bool):
            return Score(value)
        if isinstance(value, str) and value in facs.INTENSITIES:
            return Score(True, value)
        self.fail("value", au=name)


@extend_schema_field(
    {
        "type": "object",
        "propertyNames": {"enum": [str(au) for au in sorted(facs.ACTION_UNITS)]},
        "additionalProperties": {
            "oneOf": [{"type": "boolean"}, {"type": "number", "minimum": 0, "maximum": 1}]
        },
        "example": {"6": 0.81, "12": 0.97, "4": False},
    }
)
class ProbabilitiesField(_UnitsField):
    """A probability of 0 to 1 (present from 0.5), or true or false without one."""

    example = '{"12": 0.93, "4": false}'
    default_error_messages = {"value": "AU{au}: give a probability of 0 to 1, true or false."}

    def score(self, name: str, value: Any) -> Score:
        if isinstance(value, bool):
            return Score(value)
        if isinstance(value, int | float) and math.isfinite(value) and 0 <= value <= 1:
            return Score(value >= 0.5, probability=float(value))
        self.fail("value", au=name)


class _LabelFields(serializers.Serializer[Any]):
    emotion = serializers.ChoiceField(choices=EMOTION_CHOICES, required=False, allow_blank=True)
    action_units = ActionUnitsField(required=False)


class PictureFields(_LabelFields):
    """A picture's subject, its place in a sequence, and optionally its label."""

    subject = serializers.CharField(max_length=32, help_text="Code of the person, such as S005.")
    gender = serializers.ChoiceField(
        choices=Subject.Gender.choices, required=False, allow_blank=True
    )
    age_group = serializers.CharField(max_length=16, required=False, allow_blank=True)
    ethnicity = serializers.CharField(max_length=64, required=False, allow_blank=True)
    sequence = serializers.CharField(max_length=64, required=False, allow_blank=True, default="")
    frame = serializers.IntegerField(
        min_value=0, max_value=BIGGEST_FRAME, required=False, allow_null=True, default=None
    )


class _PredictField(serializers.BooleanField):
    def __init__(self) -> None:
        super().__init__(
            required=False,
            allow_null=True,
            default=None,
            help_text="Ask the champion for a prediction; the default where there is one.",
        )


class _ImageForm(serializers.Serializer[Any]):
    image = serializers.FileField(help_text="PNG or JPEG.")

    def validate_image(self, image: UploadedFile) -> UploadedFile:
        """Refuse an image that is too large before it is read into memory."""
        if (image.size or 0) > settings.FACE_MAX_BYTES:
            limit = f"{settings.FACE_MAX_BYTES:,}"
            raise serializers.ValidationError(f"At most {limit} bytes are accepted.")
        return image


@with_form_examples
class FaceUploadSerializer(_ImageForm, PictureFields):
    """A multipart form: the image, its subject, and optionally its label."""

    predict = _PredictField()


@with_form_examples
class NeutralUploadSerializer(_ImageForm):
    """A multipart form: the picture with which the face's sequence begins."""

    frame = serializers.IntegerField(
        min_value=0,
        max_value=BIGGEST_FRAME,
        required=False,
        default=1,
        help_text="Its number in the sequence; no face's.",
    )


@with_form_examples
class UploadBatchSerializer(serializers.Serializer[Any]):
    """A multipart form of up to 100 pictures and one text, `rows`, that describes them."""

    images = serializers.ListField(
        child=serializers.FileField(allow_empty_file=True), min_length=1, max_length=MOST_FILES
    )
    rows = serializers.CharField(
        required=False,
        default="[]",
        help_text="JSON list in the order of the files: objects as of a single upload. What is "
        "not said of subject, sequence and frame is taken from names like S005_001_00000011.png.",
    )
    predict = _PredictField()

    def validate_rows(self, text: str) -> list[Any]:
        try:
            rows = strict_json(text)
        except ValueError:
            raise serializers.ValidationError("This is not a JSON list.") from None
        if not isinstance(rows, list):
            raise serializers.ValidationError("Give a JSON list, one object for each image.")
        return rows

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        images, rows = len(attrs["images"]), len(attrs["rows"])
        if rows not in {0, images}:
            message = f"There are {rows} rows for {images} images; give one for each, or none."
            raise serializers.ValidationError({"rows": [message]})
        return attrs


@with_examples
class KnownSerializer(serializers.Serializer[Any]):
    sha256 = serializers.ListField(
        child=serializers.RegexField(_SHA256), max_length=MOST_ITEMS, help_text="Hex digests."
    )


@with_examples
class LabelSerializer(_LabelFields):
    """A label of an emotion, action units or both.

    A reviewer's label becomes the ground truth, and what it doesn't name (`emotion`, an action
    unit) stays as the ground truth says. A coder's label is a proposal, and what it doesn't name is
    not coded: nothing is taken over from anybody else's reading. `false` says that an action unit
    is absent.
    """

    seen = IdField(
        allow_null=True,
        help_text="Id of the ground truth that this label is to replace; null where none was.",
    )
    comment = serializers.CharField(max_length=2000, required=False, allow_blank=True, default="")
    assignment = IdField(
        required=False,
        allow_null=True,
        default=None,
        help_text="Of a queue's `next/`: the label completes it.",
    )


@with_examples
class LabelOfFaceSerializer(LabelSerializer):
    face = IdField()


@with_examples
class CorrectionSerializer(_LabelFields):
    """A reading to replace that of the coding that `If-Match` names.

    A reviewer's correction keeps what it doesn't name, of the coding and of the ground truth. A
    coder's keeps it only of a coding of the coder's own.
    """

    comment = serializers.CharField(max_length=2000, required=False, allow_blank=True, default="")


@with_examples
class CommentSerializer(serializers.Serializer[Any]):
    comment = serializers.CharField(max_length=2000, required=False, allow_blank=True, default="")


class BatchSerializer(serializers.Serializer[Any]):
    """Items are checked one by one, so that one bad item doesn't stop the others."""

    items = serializers.ListField(
        child=serializers.DictField(), min_length=1, max_length=MOST_ITEMS
    )


@with_examples
class LabelBatchSerializer(BatchSerializer):
    """A batch of labels, with the shape of its items for the schema."""

    items = LabelOfFaceSerializer(many=True)  # type: ignore[assignment]  # of the schema only


class PredictionSerializer(serializers.Serializer[Any]):
    """Another model's reading of a face."""

    face = IdField()
    emotion = serializers.ChoiceField(choices=EMOTION_CHOICES, required=False, allow_blank=True)
    emotion_probabilities = serializers.DictField(
        child=serializers.FloatField(min_value=0, max_value=1),
        required=False,
        allow_null=True,
        default=None,
        help_text=f"By {', '.join(facs.EMOTIONS)}; they sum to 1.",
    )
    action_units = ProbabilitiesField(required=False)

    def validate_emotion_probabilities(
        self, given: dict[str, float] | None
    ) -> dict[str, float] | None:
        if given is None:
            return None
        if set(given) != set(facs.EMOTIONS):
            raise serializers.ValidationError(f"Give each of {', '.join(facs.EMOTIONS)}.")
        if not all(map(math.isfinite, given.values())) or abs(sum(given.values()) - 1) > 0.01:
            raise serializers.ValidationError("The probabilities must sum to 1.")
        return given

    @staticmethod
    def reading_of(given: dict[str, Any]) -> Reading:
        chances = given["emotion_probabilities"]
        emotion = given.get("emotion") or (max(chances, key=chances.get) if chances else "")
        return Reading(emotion, given.get("action_units", {}), "", chances)


class PredictionBatchSerializer(BatchSerializer):
    model = serializers.CharField(
        max_length=150, help_text="Name and version of the model, such as “OpenFace 2.2.0”."
    )


@with_examples
class PredictionBatchSchema(PredictionBatchSerializer):
    items = PredictionSerializer(many=True)  # type: ignore[assignment]  # of the schema only
