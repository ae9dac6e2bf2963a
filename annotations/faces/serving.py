"""Pictures of faces as HTTP responses, the same for pages and API, to users who may see them."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponseBase

from annotations.faces.images import CONTENT_TYPES
from annotations.faces.looks import record_picture, record_seen
from annotations.models import Face, NeutralFrame
from facsweb.accounts.types import user_of
from facsweb.rest.stored_files import private_file


def serve_picture(request: HttpRequest, picture: Face | NeutralFrame) -> HttpResponseBase:
    """Respond with the picture file as it is kept: without the metadata with which it came."""
    extension = picture.file.name.rpartition(".")[2]
    if request.method != "HEAD":
        record_picture(request.user, picture)
    return private_file(
        request, picture.file, CONTENT_TYPES[extension], picture.stored_sha256 or picture.sha256
    )


def serve_thumbnail(request: HttpRequest, face: Face) -> HttpResponseBase:
    if request.method != "HEAD":
        record_seen(user_of(request), [face.pk])
    return private_file(request, face.thumbnail, "image/jpeg", f"{face.sha256}-thumbnail")
