"""Data coming in and going out."""

from django.db import models

from facsweb.jobs.models import Run


class Import(Run):
    """A file that somebody sent: an archive of pictures with labels, or a table."""

    task, queue = "annotations.transfers.tasks.carry_out_import", "data"

    class Kind(models.TextChoices):
        CKPLUS = "ckplus", "CK+ tree"
        LABELS = "labels", "data_labels.csv"
        OPENFACE = "openface", "OpenFace 2 CSV"
        PYFEAT = "pyfeat", "Py-Feat CSV"
        BUNDLE = "facsweb", "facsweb export"
        LABEL_STUDIO = "label_studio", "Label Studio JSON"
        PICTURES = "pictures", "pictures without labels"

    #: What the sender called the file; for people only, never a path.
    name = models.CharField(max_length=255)
    size = models.PositiveBigIntegerField()
    sha256 = models.CharField(max_length=64)
    #: Blank until a worker has looked.
    kind = models.CharField(max_length=16, choices=Kind.choices, blank=True)
    #: How its rows are to be read; see annotations.transfers.options.
    options = models.JSONField(default=dict, blank=True)
    #: Whose codings they become; blank means: the kind's own name.
    coder_name = models.CharField(max_length=150, blank=True)
    file = models.FileField(upload_to="imports", max_length=200, blank=True)
    #: Counts, and the first refused rows; see annotations.transfers.report.
    outcome = models.JSONField(default=dict, blank=True)
    #: The refused rows with their reasons, as a CSV to mend and send again.
    refused = models.FileField(upload_to="refused", max_length=200, blank=True)

    def __str__(self) -> str:
        return f"Import {self.pk}"


class Export(Run):
    """A file made for somebody to take away."""

    task, queue = "annotations.transfers.tasks.carry_out_export", "data"

    class Format(models.TextChoices):
        BUNDLE = "facsweb", "facsweb (lossless)"
        LABELS = "data_labels", "data_labels.csv"
        CKPLUS = "ckplus", "CK+ tree"
        OPENFACE = "openface", "OpenFace-style CSV"
        PARQUET = "parquet", "Parquet"

    class Deidentify(models.TextChoices):
        PIXELATE = "pixelate", "pixelated faces"
        LANDMARKS = "landmarks", "drawn landmarks"

    format = models.CharField(max_length=12, choices=Format.choices)
    images = models.BooleanField(default=False)
    anonymous = models.BooleanField(default=False)
    deidentify = models.CharField(max_length=10, choices=Deidentify.choices, blank=True)
    #: Has the subjects' tags: who asked for it could see them then.
    demographics = models.BooleanField(default=True)
    file = models.FileField(upload_to="exports", max_length=200, blank=True)
    size = models.PositiveBigIntegerField(null=True, blank=True)
    sha256 = models.CharField(max_length=64, blank=True)
    outcome = models.JSONField(default=dict, blank=True)

    def __str__(self) -> str:
        return f"Export {self.pk}"
