"""Files of transfers as they are sent: whole, as attachments, and kept in no cache."""

from __future__ import annotations

from django.db.models.fields.files import FieldFile
from django.http import FileResponse

from annotations.transfers.models import Export


def download_name(run: Export) -> str:
    suffix = run.file.name.rpartition(".")[2]
    kind = f"{run.format}{'-anonymous' if run.anonymous else ''}"
    return f"facsweb-{kind}-{run.pk}.{suffix}"


def sent(stored: FieldFile, name: str, content_type: str) -> FileResponse | None:
    """Answer with a stored file; return None where there is no such file."""
    try:
        file = stored.open("rb") if stored else None
    except FileNotFoundError:
        file = None
    if file is None:
        return None
    answer = FileResponse(file, as_attachment=True, filename=name, content_type=content_type)
    answer["Cache-Control"] = "private, no-store"
    answer["X-Content-Type-Options"] = "nosniff"
    return answer
