"""Forms for requesting an export and for sending a file."""

from __future__ import annotations

from typing import Any

from django import forms

from annotations.transfers.models import Export
from annotations.transfers.options import SEVERAL_FACES, ImportOptions

FORMATS = [
    (Export.Format.BUNDLE, "facsweb: everything, lossless (zip)"),
    (Export.Format.LABELS, "data_labels.csv: ground truth, one row per face"),
    (Export.Format.CKPLUS, "CK+ tree: pictures, FACS and emotion files (zip)"),
    (Export.Format.OPENFACE, "OpenFace-style CSV: ground truth as AU columns"),
    (Export.Format.PARQUET, "Parquet: one row per coding"),
]


class ExportForm(forms.Form):
    format = forms.ChoiceField(label="Format", choices=FORMATS, widget=forms.RadioSelect)
    images = forms.BooleanField(label="Include the pictures", required=False)
    anonymous = forms.BooleanField(
        label="Anonymous: subjects and coders renumbered, demographics coarsened, texts, dates "
        "and EXIF gone",
        required=False,
    )
    deidentify = forms.ChoiceField(
        label="In the pictures, show",
        required=False,
        choices=[
            ("", "the face as it is"),
            (Export.Deidentify.LANDMARKS, "only its drawn landmarks"),
            (Export.Deidentify.PIXELATE, "the face pixelated"),
        ],
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("initial", {"format": Export.Format.BUNDLE})
        super().__init__(*args, **kwargs)
        self.label_suffix = ""


class ImportForm(forms.Form):
    file = forms.FileField(
        label="File",
        max_length=255,
        allow_empty_file=True,  # the service says better what is wrong
        help_text="A zip or tar of a CK+ tree, of images with data_labels.csv, or of pictures "
        "alone; a facsweb export; tables by OpenFace 2 or Py-Feat: one CSV or Excel file, or a zip "
        "of OpenFace's processed folder; Label Studio's JSON.",
    )
    coder = forms.CharField(
        label="Coder",
        max_length=150,
        required=False,
        help_text="Who made the labels. For predictions: the model and its version, such as "
        "OpenFace 2.2.0.",
    )
    dry_run = forms.BooleanField(
        label="Dry run: read and check everything, write nothing", required=False
    )
    min_confidence = forms.FloatField(
        label="OpenFace: minimum confidence",
        min_value=0,
        max_value=1,
        required=False,
        initial=ImportOptions.min_confidence,
        widget=forms.NumberInput(attrs={"step": "any"}),
        help_text="Rows below it are refused. With 0, every row in which a face was found is read.",
    )
    several_faces = forms.ChoiceField(
        label="Py-Feat: several faces in one picture",
        choices=SEVERAL_FACES,
        required=False,
        initial=ImportOptions.several_faces,
        help_text="One stands out where each other FaceScore is under half of its own.",
    )
    unlabelled = forms.BooleanField(
        label="Import pictures without a label as unlabelled faces", required=False
    )
    replace_truth = forms.BooleanField(
        label="Labels replace the ground truth that an earlier import gave; what a person decided "
        "always stays",
        required=False,
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.label_suffix = ""

    def options(self) -> ImportOptions:
        """Return the options of a valid form; what was left blank has its default."""
        given = {name: v for name, v in self.cleaned_data.items() if v not in (None, "")}
        return ImportOptions.from_json(given)
