"""ICC colour profiles bare of words: what they do to colours stays, names, dates and makers go.

A profile's tags of text tell the camera's or the screen's maker, model and serial number, and its
private ones anything. Kept are those by which colours are computed (ICC.1:2022, 9.2 and 10).
"""

from __future__ import annotations

import struct

_HEADER, _ENTRY = 128, 12
#: Words may stand in no other bytes of the header than these, which are numbers.
_NUMBERS = (slice(8, 24), slice(36, 40), slice(64, 80))
_CURVES = {b"rTRC", b"gTRC", b"bTRC", b"kTRC"}
_COLOURS = {b"rXYZ", b"gXYZ", b"bXYZ", b"wtpt", b"bkpt", b"lumi"}
_TABLES = {b"A2B0", b"A2B1", b"A2B2", b"B2A0", b"B2A1", b"B2A2"}
_MATRICES = {b"chad"}
_PARAMETERS = {0: 1, 1: 3, 2: 4, 3: 5, 4: 7}
_LONGEST = 4 << 20


def bare_profile(profile: bytes) -> bytes | None:
    """Rewrite a profile from the tags that change colours; None where it can't be read.

    Parameters
    ----------
    profile
        An ICC profile.

    Returns
    -------
    bytes or None
        The same bytes for the same colours. Rewritten again it stays as it is.
    """
    try:
        tags = dict(_tags(profile))
    except (struct.error, ValueError):
        return None
    if not tags:
        return None
    is_new = profile[8] >= 4
    empty = struct.pack(">4sIII", b"mluc", 0, 0, 12)
    # Both are required by the standard, if only to be empty.
    tags[b"desc"] = empty if is_new else b"desc" + bytes(7) + b"\1" + bytes(79)
    tags[b"cprt"] = empty if is_new else b"text" + bytes(5)
    return _assembled(profile, tags)


def _tags(profile: bytes) -> list[tuple[bytes, bytes]]:
    if profile[36:40] != b"acsp" or len(profile) > _LONGEST:
        raise ValueError("no profile")
    (count,) = struct.unpack_from(">I", profile, _HEADER)
    if count > 100:
        raise ValueError("too many tags")
    found = []
    for number in range(count):
        name, start, size = struct.unpack_from(">4sII", profile, _HEADER + 4 + _ENTRY * number)
        data = profile[start : start + size]
        if len(data) != size:
            raise ValueError("cut short")
        kept = _kept(name, data)
        if kept:
            found.append((name, kept))
    return found


def _kept(name: bytes, data: bytes) -> bytes:
    """Return as much of a tag's data as its type has, or nothing for a tag that isn't kept."""
    kind, size = data[:4], 0
    if name in _COLOURS and kind == b"XYZ ":
        size = 20
    elif name in _MATRICES and kind == b"sf32":
        size = 8 + 9 * 4
    elif name in _CURVES and kind == b"curv":
        size = 12 + 2 * int(struct.unpack_from(">I", data, 8)[0])
    elif name in _CURVES and kind == b"para":
        size = 12 + 4 * _PARAMETERS.get(struct.unpack_from(">H", data, 8)[0], 0)
    elif name in _TABLES and kind in {b"mft1", b"mft2", b"mAB ", b"mBA "}:
        size = len(data)
    if size > len(data):
        raise ValueError("cut short")
    return data[:size]


def _assembled(profile: bytes, tags: dict[bytes, bytes]) -> bytes:
    header = bytearray(_HEADER)
    for part in _NUMBERS:
        header[part] = profile[part]
    table, body = b"", b""
    first = _HEADER + 4 + _ENTRY * len(tags)
    places: dict[bytes, int] = {}  # red, green and blue often share a curve
    for name in sorted(tags):
        data = tags[name]
        if data not in places:
            places[data] = first + len(body)
            body += data + bytes(-len(data) % 4)
        table += struct.pack(">4sII", name, places[data], len(data))
    header[0:4] = struct.pack(">I", first + len(body))
    return bytes(header) + struct.pack(">I", len(tags)) + table + body
