"""Serializers of requests for an import or an export."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from annotations.transfers.example_bodies import with_examples, with_form_examples
from annotations.transfers.models import Export
from annotations.transfers.options import SEVERAL_FACES, ImportOptions


@with_form_examples
class ImportRequestSerializer(serializers.Serializer[Any]):
    file = serializers.FileField(
        max_length=255,
        help_text="Zip or tar of a CK+ tree, of images with data_labels.csv, or of pictures alone; "
        "a facsweb export; tables by OpenFace 2 or Py-Feat: one CSV or Excel file, or a zip of "
        "OpenFace's processed folder; Label Studio's JSON.",
    )
    coder = serializers.CharField(
        max_length=150,
        required=False,
        allow_blank=True,
        default="",
        help_text="Whose codings they become; for predictions, the model's name and version.",
    )
    min_confidence = serializers.FloatField(
        min_value=0,
        max_value=1,
        required=False,
        default=ImportOptions.min_confidence,
        help_text="Rows of which OpenFace is less confident are refused.",
    )
    several_faces = serializers.ChoiceField(
        choices=SEVERAL_FACES,
        required=False,
        default=ImportOptions.several_faces,
        help_text="Py-Feat with several rows of one picture: refuse them, or take the best "
        "FaceScore where each other is under half of it.",
    )
    unlabelled = serializers.BooleanField(
        required=False,
        default=False,
        help_text="Pictures that have no label come in as faces without a label.",
    )
    replace_truth = serializers.BooleanField(
        required=False,
        default=False,
        help_text="Labels replace the ground truth that an earlier import gave; never one that a "
        "person decided.",
    )
    dry_run = serializers.BooleanField(
        required=False,
        default=False,
        help_text="Read and check everything, write nothing; the report says what would come in.",
    )

    def validate_min_confidence(self, value: float) -> float:
        """Refuse what is out of bounds, and NaN, which is neither under nor over a bound."""
        if not 0 <= value <= 1:
            raise serializers.ValidationError("Give a number from 0 to 1.")
        return value


@with_examples
class ExportRequestSerializer(serializers.Serializer[Any]):
    format = serializers.ChoiceField(choices=Export.Format.choices)
    images = serializers.BooleanField(required=False, default=False)
    anonymous = serializers.BooleanField(
        required=False, default=False, help_text="Renumbered, coarsened, nameless: docs/formats.md."
    )
    deidentify = serializers.ChoiceField(
        choices=Export.Deidentify.choices,
        required=False,
        allow_blank=True,
        default="",
        help_text="What pictures that leave show instead of the face.",
    )
