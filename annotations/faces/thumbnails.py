"""Thumbnails: small WebP copies of a picture, made after it came in and not with it.

They are for finding a face in a list; what somebody judges is the picture as it came. A worker goes
through new faces, and whoever asks for a thumbnail before that makes it. No row names them: their
names follow from the picture's digest and the size, so what has such a name never changes
(docs/decisions/0012-thumbnails.md).
"""

from __future__ import annotations

import io
import logging
import time
import warnings
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from typing import IO, Any, cast

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from PIL import Image, ImageOps

from annotations.faces.images import UNREADABLE, UnreadableImage, is_grey
from annotations.faces.storage import synced_together
from annotations.models import Face

logger = logging.getLogger(__name__)

FOLDER = "thumbnails"
#: The longest side in pixels -> WebP's quality. Rows of small pictures show the first on usual
#: screens, cards the second; the others are for screens of two dots a pixel, where artefacts are
#: half as large.
QUALITY = {128: 75, 240: 75, 480: 60}
SIDES = tuple(QUALITY)
#: Of libwebp's 0 to 6: a third of the default's time for a tenth more bytes.
_EFFORT = 2
#: Faces that a worker reads from the database at once.
_AT_ONCE = 50


def names_of(face: Face) -> list[str]:
    """Return the names that a face's thumbnails have in the storage, once they are made."""
    return [_name(face.stored_sha256 or face.sha256, side) for side in SIDES]


def _name(digest: str, side: int) -> str:
    return f"{FOLDER}/{digest}-{side}.webp"


def open_thumbnail(face: Face, side: int) -> IO[bytes]:
    """Open a thumbnail; where there is none yet, make all of the face's.

    A full or read-only disk keeps nobody from seeing it.

    Parameters
    ----------
    side
        One of SIDES.

    Raises
    ------
    FileNotFoundError
        There is no picture to make it from.
    UnreadableImage
        The picture isn't one any more.
    """
    name = _name(face.stored_sha256 or face.sha256, side)
    try:
        kept = default_storage.open(name, "rb")
        if kept.size:
            return cast(IO[bytes], kept)
        kept.close()  # a process was killed while it wrote
    except FileNotFoundError:
        pass
    made = _drawn_of(face)
    try:
        _keep(face, made)
    except OSError as error:
        logger.warning("thumbnails of face %s can't be kept: %s", face.pk, error.strerror)
    return cast(IO[bytes], ContentFile(made[side], name))  # named as the one that is kept is


def make_thumbnails(face: Face) -> None:
    """Make those of a face that aren't there. Raises as `open_thumbnail`, and OSError."""
    if not all(is_kept(name) for name in names_of(face)):
        _keep(face, _drawn_of(face))


def is_kept(name: str) -> bool:
    """Tell whether the storage has a thumbnail of this name, and not merely its beginning."""
    return default_storage.exists(name) and default_storage.size(name) > 0


def remove_thumbnails(face: Face) -> None:
    """Remove every size: the face is gone."""
    for name in names_of(face):
        default_storage.delete(name)


def named_by_faces(names: Iterable[str]) -> set[str]:
    """Return those of these stored names that are a thumbnail of some face."""
    wanted = {name: _digest(name) for name in names}
    faces, digests = Face.objects.order_by(), set(wanted.values())
    # Of a load test's faces thousands share a picture.
    known = {*faces.filter(stored_sha256__in=digests).values_list("stored_sha256").distinct()}
    known |= {*faces.filter(stored_sha256="", sha256__in=digests).values_list("sha256")}
    made = {_name(digest, side) for (digest,) in known for side in SIDES}
    return made.intersection(wanted)


def _digest(name: str) -> str:
    return name.removeprefix(f"{FOLDER}/").partition("-")[0]


def draw_missing(
    seconds: float | None = None, tell: Callable[[int, int], object] = lambda done, of: None
) -> int:
    """Make the thumbnails of faces that no worker has been through; return of how many.

    Parameters
    ----------
    seconds
        For so long at most; None: until all are done.
    tell
        Called with (faces done, faces in all).

    Raises
    ------
    OSError
        They can't be kept; the next time it goes on there.
    """
    until = None if seconds is None else time.monotonic() + seconds
    waiting = Face.objects.filter(has_thumbnails=False)
    total, done = waiting.count() if until is None else 0, 0
    for face in _in_turn(waiting):
        if until is not None and time.monotonic() > until:
            break
        tell(done, max(total, done + 1))
        try:
            make_thumbnails(face)
        except (FileNotFoundError, UnreadableImage):  # fsck tells of it
            logger.warning("face %s has no picture to make thumbnails from", face.pk)
        # One by one: whoever locks several faces never waits for a second one of ours.
        Face.objects.filter(pk=face.pk).update(has_thumbnails=True)
        done += 1
    tell(done, done)
    return done


def _in_turn(waiting: Any) -> Iterator[Face]:
    last = 0
    while rows := list(waiting.filter(pk__gt=last).order_by("pk")[:_AT_ONCE]):
        yield from rows
        last = rows[-1].pk


def _drawn_of(face: Face) -> dict[int, bytes]:
    with face.file.open("rb") as stream:
        return draw(stream.read())


def draw(data: bytes) -> dict[int, bytes]:
    """Draw a picture's thumbnails, upright: side -> WebP, without a word of metadata.

    A picture that is smaller stays as small. Raises UnreadableImage.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)  # it was let in once
            with Image.open(io.BytesIO(data), formats=["PNG", "JPEG"]) as picture:
                largest = max(SIDES)
                # A JPEG is decoded to a half, a quarter or an eighth, to twice what is needed.
                picture.draft(picture.mode, (2 * largest, 2 * largest))
                ImageOps.exif_transpose(picture, in_place=True)
                small = _plain(picture)
    except UNREADABLE as error:
        raise UnreadableImage("The stored picture can't be read.") from error
    drawn = {}
    for side in sorted(SIDES, reverse=True):
        small.thumbnail((side, side), Image.Resampling.HAMMING)
        buffer = io.BytesIO()
        small.save(buffer, "WEBP", quality=QUALITY[side], method=_EFFORT)
        drawn[side] = buffer.getvalue()
    return drawn


def _plain(picture: Image.Image) -> Image.Image:
    """Return the pixels alone, in eight bits."""
    if picture.mode.startswith("I"):  # 16 bits: Pillow would clip, not scale
        picture = picture.convert("I").point(lambda value: value / 257).convert("L")
    plain = picture.convert("L" if is_grey(picture) else "RGB")
    plain.info.clear()  # Pillow would write its comment and its colour profile
    return plain


def _keep(face: Face, drawn: dict[int, bytes]) -> None:
    with synced_together():
        for side, content in drawn.items():
            _write(_name(face.stored_sha256 or face.sha256, side), content)
    # Its subject may have withdrawn while it was drawn: their files may be deleted already.
    if not Face.objects.filter(pk=face.pk).exists():
        remove_thumbnails(face)


def _write(name: str, content: bytes) -> None:
    if is_kept(name):
        return
    default_storage.delete(name)  # an empty one
    try:
        stored = default_storage.save(name, ContentFile(content))
    except OSError:
        with suppress(OSError):
            default_storage.delete(name)  # what it may hold is no whole picture
        raise
    if stored != name:  # somebody else was quicker
        default_storage.delete(stored)
