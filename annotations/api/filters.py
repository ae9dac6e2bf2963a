"""Query parameters of the lists of faces, codings and reviews, and the querysets they make.

A filter is a way of reading: what somebody may not see, no filter chooses by (the lesson of
CVE-2023-47117, where a filter spelled out other people's password hashes). So each parameter is
declared, never a field path, and all that tell of readings go through `readable`.
"""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import User
from django.utils.functional import cached_property
from rest_framework import serializers

from annotations import facs
from annotations.api.rows import CODING_FIELDS, FACE_FIELDS
from annotations.codings.selectors import default_coder
from annotations.models import EMOTION_CHOICES, Coder, Coding, Review
from annotations.models.querysets import CodingQuerySet, FaceQuerySet, ReviewQuerySet
from annotations.visibility import readable
from facsweb.rest.id_field import IdField
from facsweb.rest.paging import ListParameters

_UNITS = sorted(facs.ACTION_UNITS)
#: They tell nothing of any reading.
_HARMLESS = {"subject", "sha256", "model", "ordering", "fields", "page_size", "cursor"}


class FieldsField(serializers.CharField):
    """Comma-separated names: only those come back."""

    default_error_messages = {"unknown": "There is no field {name}; there are {known}."}

    def __init__(self, known: tuple[str, ...]) -> None:
        super().__init__(required=False, help_text=f"Comma-separated: {', '.join(known)}.")
        self.known = known

    def to_internal_value(self, data: Any) -> frozenset[str]:  # type: ignore[override]
        names = [name.strip() for name in super().to_internal_value(data).split(",")]
        for name in names:
            if name not in self.known:
                self.fail("unknown", name=name[:40], known=", ".join(self.known))
        return frozenset(names)


class FaceFilterSerializer(ListParameters):
    emotion = serializers.ChoiceField(
        choices=EMOTION_CHOICES, required=False, help_text="Of the ground truth."
    )
    emotion_model = serializers.ChoiceField(
        choices=EMOTION_CHOICES, required=False, help_text="By the model."
    )
    au = serializers.ChoiceField(choices=_UNITS, required=False, help_text="Same as au_truth.")
    au_truth = serializers.ChoiceField(
        choices=_UNITS, required=False, help_text="Present in the ground truth."
    )
    au_model = serializers.ChoiceField(
        choices=_UNITS, required=False, help_text="Present by the model."
    )
    disagrees = serializers.BooleanField(
        required=False,
        allow_null=True,
        default=None,
        help_text="Whether truth and model differ in the emotion or a unit of the model's.",
    )
    agreement = serializers.ChoiceField(choices=["agree", "disagree", "unlabelled"], required=False)
    subject = serializers.CharField(max_length=32, required=False)
    sha256 = serializers.RegexField(r"\A[0-9a-f]{64}\Z", required=False)
    split = serializers.ChoiceField(
        choices=Coding.Split.choices, required=False, help_text="In the model's training."
    )
    coder = serializers.CharField(
        max_length=150, required=False, help_text="Coded by the person, model or import so named."
    )
    confidence__lt = serializers.FloatField(
        required=False, min_value=0, max_value=1, help_text="The model's, in its emotion."
    )
    confidence__gte = serializers.FloatField(required=False, min_value=0, max_value=1)
    updated_since = serializers.DateTimeField(
        required=False, help_text="Uploaded, coded or reviewed at or after that time."
    )
    model = serializers.CharField(
        max_length=150, required=False, help_text="Name of the model meant; else the champion."
    )
    ordering = serializers.ChoiceField(
        choices=["id", "-id", "confidence", "-confidence"], required=False
    )
    # DRF takes declared fields off the class, so its own `fields` stays what it was.
    fields = FieldsField(FACE_FIELDS)  # type: ignore[assignment]

    def validate_model(self, name: str) -> Coder:
        model = Coder.objects.filter(kind=Coder.Kind.MODEL, name=name).first()
        if model is None:
            raise serializers.ValidationError("There is no such model.")
        return model

    @cached_property
    def chosen_model(self) -> Coder | None:
        return self.validated_data.get("model") or default_coder()

    @cached_property
    def tells_of_readings(self) -> bool:
        """Whether being chosen says something of what is said of a face."""
        asked = {name for name, value in self.validated_data.items() if value not in (None, "")}
        by_confidence = "confidence" in self.validated_data.get("ordering", "")
        return bool(asked - _HARMLESS) or by_confidence

    def narrow(self, faces: FaceQuerySet, user: User) -> FaceQuerySet:
        asked = {
            name: value for name, value in self.validated_data.items() if value not in (None, "")
        }
        if self.tells_of_readings:
            faces = readable(faces, user)
        for name in ("au", "au_truth"):
            if name in asked:
                faces = faces.with_action_unit(asked[name])
        if "emotion" in asked:
            faces = faces.with_emotion(asked["emotion"])
        if "subject" in asked:
            faces = faces.filter(subject__code=asked["subject"])
        if "sha256" in asked:
            faces = faces.filter(sha256=asked["sha256"])
        if "coder" in asked:
            faces = faces.coded_by_name(asked["coder"])
        if "updated_since" in asked:
            faces = faces.updated_since(asked["updated_since"])
        if asked.get("agreement") == "unlabelled":
            faces = faces.unlabelled()
        return _against_model(faces, asked, self.chosen_model)


def _against_model(faces: FaceQuerySet, asked: dict[str, Any], model: Coder | None) -> FaceQuerySet:
    """The parameters that are about one model's readings."""
    differs = {"agree": False, "disagree": True}.get(asked.get("agreement", ""))
    differs = asked.get("disagrees", differs)
    read = {name: asked[name] for name in ("emotion_model", "au_model", "split") if name in asked}
    bounds = {name: asked[name] for name in ("confidence__lt", "confidence__gte") if name in asked}
    by_confidence = "confidence" in asked.get("ordering", "")
    if model is None:
        needs_model = read or bounds or by_confidence or differs is not None
        return faces.none() if needs_model else faces
    if differs is not None:
        faces = faces.disagreeing(model) if differs else faces.agreeing(model)
    if "split" in read:
        faces = faces.in_split(read["split"], model)
    if "au_model" in read or "emotion_model" in read:
        faces = faces.read_by(model, emotion=read.get("emotion_model"), au=read.get("au_model"))
    if bounds or by_confidence:
        faces = faces.with_confidence(model, **bounds)
    return faces


class CodingFilterSerializer(ListParameters):
    face = IdField(required=False)
    coder = serializers.CharField(max_length=150, required=False)
    kind = serializers.ChoiceField(choices=Coder.Kind.choices, required=False)
    emotion = serializers.ChoiceField(choices=EMOTION_CHOICES, required=False)
    au = serializers.ChoiceField(choices=_UNITS, required=False, help_text="Present.")
    is_accepted = serializers.BooleanField(
        required=False, allow_null=True, default=None, help_text="Whether it is the ground truth."
    )
    confidence__lt = serializers.FloatField(required=False, min_value=0, max_value=1)
    confidence__gte = serializers.FloatField(required=False, min_value=0, max_value=1)
    updated_since = serializers.DateTimeField(required=False, help_text="Made since then.")
    ordering = serializers.ChoiceField(
        choices=["id", "-id", "confidence", "-confidence"], required=False
    )
    fields = FieldsField(CODING_FIELDS)  # type: ignore[assignment]  # as above

    def narrow(self, codings: CodingQuerySet) -> CodingQuerySet:
        """Of codings that the caller may see."""
        asked = {
            name: value for name, value in self.validated_data.items() if value not in (None, "")
        }
        columns = {
            "face": "face", "coder": "coder__name", "kind": "coder_kind", "emotion": "emotion",
            "is_accepted": "is_accepted", "confidence__lt": "confidence__lt",
            "confidence__gte": "confidence__gte", "updated_since": "created_at__gte",
        }  # fmt: skip
        codings = codings.filter(
            **{columns[name]: value for name, value in asked.items() if name in columns}
        )
        if "au" in asked:
            codings = codings.showing(asked["au"])
        if "confidence" in asked.get("ordering", ""):
            codings = codings.exclude(confidence=None)
        return codings


class ReviewFilterSerializer(ListParameters):
    face = IdField(required=False)
    reviewer = serializers.CharField(required=False, max_length=150)
    decision = serializers.ChoiceField(choices=Review.Decision.choices, required=False)
    updated_since = serializers.DateTimeField(required=False)

    def narrow(self, reviews: ReviewQuerySet) -> ReviewQuerySet:
        columns = {
            "face": "face", "reviewer": "reviewer__username", "decision": "decision",
            "updated_since": "created_at__gte",
        }  # fmt: skip
        return reviews.filter(
            **{
                columns[name]: value
                for name, value in self.validated_data.items()
                if name in columns
            }
        )
