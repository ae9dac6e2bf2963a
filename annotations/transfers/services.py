"""Requesting and giving up imports and exports: what the web process does."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.contrib.auth.models import User
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction

from annotations.consent import Scope, refused_since
from annotations.faces.rollback import remove_after_commit
from annotations.models import Face
from annotations.transfers.models import Export, Import
from annotations.transfers.options import ImportOptions
from annotations.transfers.permissions import transfer_policy
from annotations.visibility import hides_anything, look_at
from facsweb.accounts.permissions import may_see_tags
from facsweb.audit.services import kind_of, record
from facsweb.jobs.models import RunQuerySet
from facsweb.problems import Conflict, Problem


class InvalidTransfer(Problem):
    code = "invalid_transfer"


class ConsentChanged(Conflict):
    code = "consent_changed"


class StillRunning(Conflict):
    code = "still_running"


@dataclass(frozen=True)
class StoredFile:
    """A file that was sent and is kept: `path` in the storage, `name` as its sender calls it."""

    path: str
    name: str
    size: int
    sha256: str


@contextmanager
def stored_file(file: UploadedFile) -> Iterator[StoredFile]:
    """Keep an uploaded file; delete it again unless the block made an import of it.

    This is outside of any transaction: ten gigabytes take their time, and SQLite has one write
    lock. Raises InvalidTransfer.
    """
    if not file.size:
        raise InvalidTransfer("The file is empty.", {"file": ["The file is empty."]})
    if file.size > settings.IMPORT_MAX_BYTES:
        message = f"At most {settings.IMPORT_MAX_BYTES:,} bytes are accepted."
        raise InvalidTransfer(message, {"file": [message]})
    digest = hashlib.sha256()
    for chunk in file.chunks():
        digest.update(chunk)
    file.seek(0)
    sha256 = digest.hexdigest()
    field = Import._meta.get_field("file")
    # Under a name of ours: what the sender called it is for people only.
    path = field.storage.save(f"{field.upload_to}/{sha256}", file)
    try:
        yield StoredFile(path, _printable(file.name or "")[-255:], file.size, sha256)
    finally:
        if not Import.objects.filter(file=path).exists():
            field.storage.delete(path)


def request_import(
    user: User,
    stored: StoredFile,
    *,
    coder_name: str = "",
    options: ImportOptions = ImportOptions(),  # noqa: B008 - frozen
) -> Import:
    """Queue the import of a stored file.

    Parameters
    ----------
    coder_name
        Whose codings they become: for predictions, the model's name and version.
    options
        How its rows are to be read.

    Raises
    ------
    Forbidden
    """
    transfer_policy.check(user, "import")
    with transaction.atomic():
        run = Import.objects.create(
            requested_by=user,
            name=stored.name,
            size=stored.size,
            sha256=stored.sha256,
            file=stored.path,
            coder_name=coder_name.strip(),
            options=options.to_json(),
        )
        record("import.asked", user, run, {"size": stored.size})
        transaction.on_commit(run.enqueue)
    return run


def request_export(
    user: User, *, format: str, images: bool = False, anonymous: bool = False, deidentify: str = ""
) -> Export:
    """Queue an export of everything that `user` may read: of tags, nothing for who needs none.

    Raises Forbidden, InvalidTransfer.
    """
    transfer_policy.check(user, "export")
    if deidentify and not (images or format == Export.Format.CKPLUS):
        raise InvalidTransfer(
            "Only pictures can be de-identified; ask for the images too.",
            {"deidentify": ["Tick images, or leave this out."]},
        )
    with transaction.atomic():
        run = Export.objects.create(
            requested_by=user,
            format=format,
            images=_with_images(format, images),
            anonymous=anonymous,
            deidentify=deidentify,
            demographics=may_see_tags(user),
        )
        record("export.asked", user, run, _kind_of(run))
        transaction.on_commit(run.enqueue)
    return run


def take_export(run: Export, user: User) -> None:
    """Check that `user` may have the file of an export now, and record what they see by it.

    It is checked when the file is fetched, as they may have begun to code blind since. Raises
    Forbidden.
    """
    transfer_policy.check(user, "take", run)
    if refused_since(Scope.EXPORT, run.created_at):
        raise ConsentChanged(
            "Somebody in it no longer agrees to be exported. Ask for a new export, without them."
        )
    record("export.downloaded", user, run, _kind_of(run))
    faces = Face.objects.filter(created_at__lte=run.created_at).order_by("pk")
    look_at(user, faces.values_list("pk", flat=True).iterator())


def take_refused_rows(run: Import, user: User) -> None:
    """Record that `user` takes the rows of an import that were refused: they hold labels."""
    record("import.rows_downloaded", user, run)


def _kind_of(run: Export) -> dict[str, Any]:
    """Return what the audit keeps of an export, which can be deleted."""
    return {
        "format": run.format,
        "images": run.images,
        "anonymous": run.anonymous,
        "deidentify": run.deidentify,
    }


def imports_for(user: User) -> RunQuerySet[Import]:
    """Return the imports that `user` may know of.

    Reports and refused rows hold labels, so somebody who codes blind sees only their own imports.
    """
    runs = Import.objects.asked_by(user).select_related("requested_by")
    return runs.filter(requested_by=user) if hides_anything(user) else runs


def _with_images(format: str, wanted: bool) -> bool:
    """Tell whether an export has pictures: CK+ consists of them, a table has no room for any."""
    if format in {Export.Format.OPENFACE, Export.Format.PARQUET}:
        if wanted:
            message = "This format is a table and holds no pictures. Choose another for them."
            raise InvalidTransfer(message, {"images": [message]})
        return False
    return wanted or format == Export.Format.CKPLUS


def cancel_transfer(run: Import | Export, user: User) -> None:
    transfer_policy.check(user, "end", run)
    run.request_cancel()
    record(f"{kind_of(run)}.cancelled", user, run)


def discard_transfer(run: Import | Export, user: User) -> None:
    """Delete a transfer and its files. What an import wrote stays."""
    transfer_policy.check(user, "end", run)
    if run.is_active:
        raise StillRunning("It is still running. Cancel it first.")
    with transaction.atomic():
        for stored in (run.file, getattr(run, "refused", None)):
            if stored:
                remove_after_commit(stored)
        run.delete()


def _printable(name: str) -> str:
    return "".join(letter if letter.isprintable() else "\ufffd" for letter in name)
