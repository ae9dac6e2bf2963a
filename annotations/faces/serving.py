"""Pictures of faces as HTTP responses, the same for pages and API, to users who may see them."""

from __future__ import annotations

from functools import partial

from django.http import Http404, HttpRequest, HttpResponseBase

from annotations.faces.images import CONTENT_TYPES, UnreadableImage
from annotations.faces.looks import record_picture, record_seen
from annotations.faces.thumbnails import SIDES, open_thumbnail
from annotations.models import Face, NeutralFrame
from facsweb.accounts.types import user_of
from facsweb.rest.stored_files import private_file


def serve_picture(
    request: HttpRequest, picture: Face | NeutralFrame, *, ahead: bool = False
) -> HttpResponseBase:
    """Respond with the picture file as it is kept: without the metadata with which it came."""
    extension = picture.file.name.rpartition(".")[2]
    if request.method != "HEAD":
        record_picture(request.user, picture, ahead=ahead)
    opened = partial(picture.file.open, "rb")
    digest = picture.stored_sha256 or picture.sha256
    return private_file(request, opened, CONTENT_TYPES[extension], digest)


def serve_thumbnail(request: HttpRequest, face: Face, side: int) -> HttpResponseBase:
    """Respond with a thumbnail, of one of `annotations.faces.thumbnails.SIDES`."""
    if side not in SIDES:
        raise Http404(f"Thumbnails are {', '.join(map(str, SIDES))} pixels long.")
    if request.method != "HEAD":
        record_seen(user_of(request), [face.pk])
    tag = f"{face.stored_sha256 or face.sha256}-{side}"
    try:
        return private_file(request, partial(open_thumbnail, face, side), "image/webp", tag)
    except UnreadableImage:
        raise Http404("The image file can't be read.") from None
