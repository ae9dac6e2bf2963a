"""Query parameters of the lists of faces, codings and reviews, and what is asked by them.

Each parameter is declared, never a field path: a filter is a way of reading
(annotations/codings/face_query.py).
"""

from __future__ import annotations

from typing import Any

from django.utils.functional import cached_property
from rest_framework import serializers

from annotations import facs
from annotations.api.rows import CODING_FIELDS, FACE_FIELDS
from annotations.codings.coding_lists import narrowed
from annotations.codings.face_query import FaceQuery, groups_from, unit_probability_from
from annotations.codings.selectors import default_coder
from annotations.models import EMOTION_CHOICES, Coder, Coding, Review, Snapshot
from annotations.models.codings import QUALITY_CHOICES
from annotations.models.querysets import CodingQuerySet, ReviewQuerySet
from facsweb.rest.id_field import IdField
from facsweb.rest.paging import ListParameters

_UNITS = sorted(facs.ACTION_UNITS)


class FieldsField(serializers.CharField):
    """Comma-separated names: only these fields come back."""

    default_error_messages = {"unknown": "There is no field {name}; there are {known}."}

    def __init__(self, known: tuple[str, ...]) -> None:
        super().__init__(required=False, help_text=f"Comma-separated: {', '.join(known)}.")
        self.known = known

    def to_internal_value(self, data: Any) -> frozenset[str]:  # type: ignore[override]  # not a str
        names = [name.strip() for name in super().to_internal_value(data).split(",")]
        for name in names:
            if name not in self.known:
                self.fail("unknown", name=name[:40], known=", ".join(self.known))
        return frozenset(names)


def _tag_field() -> serializers.CharField:
    return serializers.CharField(
        max_length=64, required=False, help_text="The subject's tag, or `not recorded`."
    )


def _unit_field(help_text: str) -> serializers.ChoiceField:
    return serializers.ChoiceField(choices=_UNITS, required=False, help_text=help_text)


def _probability_field(help_text: str) -> serializers.FloatField:
    return serializers.FloatField(required=False, min_value=0, max_value=1, help_text=help_text)


class FaceFilterSerializer(ListParameters):
    """Every filter of the gallery by its name there, and those that only programs need."""

    emotion = serializers.ChoiceField(
        choices=EMOTION_CHOICES, required=False, help_text="Of the ground truth."
    )
    emotion_model = serializers.ChoiceField(
        choices=EMOTION_CHOICES, required=False, help_text="By the model."
    )
    au = _unit_field("Same as au_truth.")
    au_truth = _unit_field("Present in the ground truth.")
    au_also = _unit_field("Present in the ground truth as well.")
    au_model = _unit_field("Present by the model.")
    au_absent = _unit_field("Absent in the ground truth, not only uncoded.")
    au_model_absent = _unit_field("Absent by the model.")
    au_probability = _unit_field(
        "The unit that probability_from and probability_below are of; by itself, any that the "
        "model gives it.",
    )
    probability_from = _probability_field("The model's probability of au_probability, at least.")
    probability_below = _probability_field("The model's probability of au_probability, below this.")
    snapshot = IdField(
        required=False,
        help_text="Of a training: its faces alone, and by the ground truth and the groups of then.",
    )
    disagrees = serializers.BooleanField(
        required=False,
        allow_null=True,
        default=None,
        help_text="Whether truth and model differ in the emotion or a unit of the model's.",
    )
    agreement = serializers.ChoiceField(choices=["agree", "disagree", "unlabelled"], required=False)
    subject = serializers.CharField(max_length=32, required=False)
    gender = _tag_field()
    age_group = _tag_field()
    ethnicity = _tag_field()
    sha256 = serializers.RegexField(r"\A[0-9a-f]{64}\Z", required=False)
    split = serializers.ChoiceField(
        choices=Coding.Split.choices, required=False, help_text="In the model's training."
    )
    unlearnt = serializers.BooleanField(
        required=False, help_text="True: faces that were no part of the model's training."
    )
    quality = serializers.ChoiceField(
        choices=QUALITY_CHOICES,
        required=False,
        help_text="How fit the model found the picture to be read.",
    )
    unlike = serializers.BooleanField(
        required=False, help_text="True: faces unlike those that the model learnt from."
    )
    flagged = serializers.BooleanField(
        required=False, help_text="True: faces with a flag that is open."
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
    uploaded_from = serializers.DateTimeField(
        required=False, help_text="Uploaded at or after that time."
    )
    uploaded_until = serializers.DateTimeField(
        required=False, help_text="Uploaded at or before that time."
    )
    model = serializers.CharField(
        max_length=150, required=False, help_text="Name of the model meant; else the champion."
    )
    ordering = serializers.ChoiceField(
        choices=["id", "-id", "confidence", "-confidence"], required=False
    )
    # DRF takes declared fields off the class, so its own `fields` stays what it was.
    fields = FieldsField(FACE_FIELDS)  # type: ignore[assignment]  # see above

    def validate_model(self, name: str) -> Coder:
        model = Coder.objects.filter(kind=Coder.Kind.MODEL, name=name).first()
        if model is None:
            raise serializers.ValidationError("There is no such model.")
        return model

    def validate_snapshot(self, pk: int) -> Snapshot:
        snapshot = Snapshot.objects.filter(pk=pk).first()
        if snapshot is None:
            raise serializers.ValidationError("There is no such snapshot.")
        return snapshot

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        asked = super().validate(attrs)
        bounds = [name for name in ("probability_from", "probability_below") if name in asked]
        if bounds and "au_probability" not in asked:
            why = "Of which unit? Name it by au_probability, such as au_probability=12."
            raise serializers.ValidationError({name: [why] for name in bounds})
        _check_order(asked, "probability_from", "probability_below")
        _check_order(asked, "uploaded_from", "uploaded_until")
        return asked

    @cached_property
    def face_query(self) -> FaceQuery:
        asked = {
            name: value for name, value in self.validated_data.items() if value not in (None, "")
        }
        agreement = asked.get("agreement", "")
        differs = {"agree": False, "disagree": True}.get(agreement)
        return FaceQuery(
            model=asked.get("model") or default_coder(),
            subject=asked.get("subject", ""),
            sha256=asked.get("sha256", ""),
            groups=groups_from(asked),
            emotion=asked.get("emotion", ""),
            units=tuple(asked[name] for name in ("au", "au_truth", "au_also") if name in asked),
            unit_probability=unit_probability_from(asked),
            is_new_to_model=asked.get("unlearnt", False),
            quality=asked.get("quality", ""),
            is_unlike=asked.get("unlike", False),
            is_flagged=asked.get("flagged", False),
            uploaded=(asked.get("uploaded_from"), asked.get("uploaded_until")),
            is_unlabelled=agreement == "unlabelled",
            coder_name=asked.get("coder", ""),
            updated_since=asked.get("updated_since"),
            differs=asked.get("disagrees", differs),
            model_emotion=asked.get("emotion_model", ""),
            model_unit=asked.get("au_model"),
            absent_units=(asked["au_absent"],) if "au_absent" in asked else (),
            model_absent_unit=asked.get("au_model_absent"),
            snapshot=asked.get("snapshot"),
            split=asked.get("split", ""),
            confidence_below=asked.get("confidence__lt"),
            confidence_from=asked.get("confidence__gte"),
            by_confidence="confidence" in asked.get("ordering", ""),
        )


def _check_order(asked: dict[str, Any], least: str, most: str) -> None:
    """Refuse a range that holds nothing."""
    if least in asked and most in asked and asked[least] > asked[most]:
        raise serializers.ValidationError({least: [f"It must not be above {most}."]})


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
        """Narrow the codings that the caller may see to those that are asked for."""
        asked = {
            name: value for name, value in self.validated_data.items() if value not in (None, "")
        }
        codings = narrowed(codings, asked)
        if "confidence" in asked.get("ordering", ""):
            # In the words of the index's condition: its order is the list's.
            codings = codings.filter(confidence__isnull=False)
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
