"""What somebody says when asking for an export, or sending a file."""

from __future__ import annotations

from django import forms

from annotations.models import Export

FORMATS = [
    (Export.Format.BUNDLE, "facsweb: everything, lossless (zip)"),
    (Export.Format.LABELS, "data_labels.csv: ground truth, one row a face"),
    (Export.Format.CKPLUS, "CK+ tree: pictures, FACS and emotion files (zip)"),
    (Export.Format.OPENFACE, "OpenFace-style CSV: ground truth as AU columns"),
    (Export.Format.PARQUET, "Parquet: one row a coding"),
]


class ExportForm(forms.Form):
    format = forms.ChoiceField(label="Format", choices=FORMATS, widget=forms.RadioSelect)
    images = forms.BooleanField(label="With the pictures", required=False)
    anonymous = forms.BooleanField(
        label="Anonymous: subjects and coders renumbered, demographics coarsened, texts, dates "
        "and EXIF gone",
        required=False,
    )
    deidentify = forms.ChoiceField(
        label="Pictures show",
        required=False,
        choices=[
            ("", "the face as it is"),
            (Export.Deidentify.LANDMARKS, "only its drawn landmarks"),
            (Export.Deidentify.PIXELATE, "the face pixelated"),
        ],
    )

    def __init__(self, *args, **kwargs) -> None:
        kwargs.setdefault("initial", {"format": Export.Format.BUNDLE})
        super().__init__(*args, label_suffix="", **kwargs)


class ImportForm(forms.Form):
    file = forms.FileField(
        label="File",
        max_length=255,
        allow_empty_file=True,  # the service says better what is wrong
        help_text="A zip or tar of a CK+ tree or of images with data_labels.csv, a facsweb export, "
        "or a CSV by OpenFace 2 or Py-Feat.",
    )
    coder = forms.CharField(
        label="Coder",
        max_length=150,
        required=False,
        help_text="Whose codings they become. For predictions: the model and its version, such as "
        "OpenFace 2.2.0.",
    )

    def __init__(self, *args, **kwargs) -> None:
        super().__init__(*args, label_suffix="", **kwargs)
