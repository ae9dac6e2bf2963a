"""JPEG files rewritten from the segments that make up their pixels (ITU-T T.81, annex B).

No coefficient is decoded, so none changes.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator

from annotations.formats.bare.orientation import exif_of
from annotations.formats.bare.profiles import bare_profile

_SOI, _EOI, _SOS = 0xD8, 0xD9, 0xDA
#: Frames, tables, scans and restart intervals; C8 is reserved.
_PIXELS = {*range(0xC0, 0xD0), _SOS, 0xDB, 0xDD} - {0xC8}
_JFIF, _EXIF, _ICC, _ADOBE = b"JFIF\0", b"Exif\0\0", b"ICC_PROFILE\0", b"Adobe"
#: Ends a scan's data: a marker that is neither a stuffed byte, nor a restart, nor a fill byte.
_NEXT = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]")
_MOST_IN_SEGMENT = 65533


def bare_jpeg(data: bytes, orientation: int = 1) -> bytes | None:
    """Rewrite a JPEG file: pixels and colours stay, everything else goes.

    Of a file with several pictures (MPF) the first stays.

    Parameters
    ----------
    data
        The file.
    orientation
        As EXIF numbers it; 1 is upright, and then no EXIF is written.

    Returns
    -------
    bytes or None
        The file: `data` itself where nothing was to go. None where its blocks can't be told apart.
    """
    try:
        return _rewritten(data, orientation)
    except (struct.error, ValueError):
        return None


def _rewritten(data: bytes, orientation: int) -> bytes:
    jfif, body = b"", list[bytes]()
    profile: dict[int, bytes] = {}
    for marker, content, scan in _segments(data):
        if marker == 0xE0 and content.startswith(_JFIF) and len(content) >= 14:
            jfif = jfif or content[:12] + bytes(2)  # the last two: no thumbnail
        elif marker == 0xE2 and content.startswith(_ICC) and len(content) > 14:
            profile.setdefault(content[12], content[14:])
        elif marker == 0xEE and content.startswith(_ADOBE):
            body.append(_segment(marker, content[:12]))  # how colours are written
        elif marker in _PIXELS:
            body.append(_segment(marker, content) + scan)
    if not body:
        raise ValueError("no picture")
    head = [_segment(0xE0, jfif)] if jfif else []
    if orientation != 1:
        head.append(_segment(0xE1, _EXIF + exif_of(orientation)))
    head += _profile_segments(b"".join(profile[number] for number in sorted(profile)))
    return b"".join([_marker(_SOI), *head, *body, _marker(_EOI)])


def _segments(data: bytes) -> Iterator[tuple[int, bytes, bytes]]:
    """Yield (marker, content, the scan's data behind it) up to the first end of image."""
    if data[:2] != _marker(_SOI):
        raise ValueError("no JPEG")
    place = 2
    while found := _NEXT.search(data, place):
        marker, place = data[found.start() + 1], found.end()
        if marker == _EOI:
            return
        if marker in {0x01, _SOI}:
            continue
        (length,) = struct.unpack_from(">H", data, place)
        content, place = data[place + 2 : place + length], place + length
        if length < 2 or len(content) != length - 2:
            raise ValueError("cut short")
        scan = b""
        if marker == _SOS:
            end = _NEXT.search(data, place)
            scan = data[place : end.start() if end else len(data)].rstrip(b"\xff")
            place += len(scan)
        yield marker, content, scan


def _profile_segments(profile: bytes) -> list[bytes]:
    bare = bare_profile(profile) if profile else None
    if bare is None:
        return []
    room = _MOST_IN_SEGMENT - len(_ICC) - 2
    parts = [bare[first : first + room] for first in range(0, len(bare), room)]
    if len(parts) > 255:
        return []
    return [
        _segment(0xE2, _ICC + bytes([number, len(parts)]) + part)
        for number, part in enumerate(parts, start=1)
    ]


def _segment(marker: int, content: bytes) -> bytes:
    return _marker(marker) + struct.pack(">H", len(content) + 2) + content


def _marker(marker: int) -> bytes:
    return bytes([0xFF, marker])
