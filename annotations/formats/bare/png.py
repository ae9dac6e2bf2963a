"""PNG files rewritten from the chunks that make up their pixels (W3C PNG, third edition, 2025)."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator

from isal import isal_zlib

from annotations.formats.bare.orientation import exif_of
from annotations.formats.bare.profiles import bare_profile

SIGNATURE = b"\x89PNG\r\n\x1a\n"
#: Chunks that say what colours the numbers are, and their only length: no room for anything else.
_COLOURS = {b"gAMA": 4, b"cHRM": 32, b"sRGB": 1, b"cICP": 4, b"mDCV": 24, b"cLLI": 8}
#: Samples of a pixel by colour type.
_SAMPLES = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
#: Adam7: first column and row of each pass, and its steps.
_PASSES = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2),
           (0, 1, 1, 2))  # fmt: skip
_PROFILE = b"icc\0\0"
_MOST_PROFILE = 4 << 20
_PIECE, _MOST_AT_ONCE = 1 << 16, 1 << 20
#: Pictures of more bytes are unpacked piece by piece.
_SMALL = 16 << 20


def bare_png(data: bytes, orientation: int = 1) -> bytes | None:
    """Rewrite a PNG file: pixels and colours stay, everything else goes.

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
    except (struct.error, ValueError, KeyError, zlib.error):
        return None


def _rewritten(data: bytes, orientation: int) -> bytes:
    head: dict[bytes, bytes] = {}
    pixels: list[bytes] = []
    for name, content in _chunks(data):
        if name == b"IDAT":
            pixels.append(content)
        elif name in _COLOURS or name in {b"IHDR", b"PLTE", b"tRNS", b"sBIT", b"iCCP"}:
            head.setdefault(name, content)
    header = head.pop(b"IHDR")
    colour_type = header[9]
    written = [SIGNATURE, _chunk(b"IHDR", header[:13])]
    for name in [name for name in head if name not in {b"PLTE", b"tRNS"}]:
        content = _colour_chunk(name, head[name], colour_type)
        written += [_chunk(name, content)] if content else []
    if orientation != 1:
        written.append(_chunk(b"eXIf", exif_of(orientation)))
    if colour_type == 3:
        written.append(_chunk(b"PLTE", head[b"PLTE"][:768]))
    if clear := head.get(b"tRNS", b"")[: {0: 2, 2: 6, 3: 256}.get(colour_type, 0)]:
        written.append(_chunk(b"tRNS", clear))
    written += [_chunk(b"IDAT", part) for part in _bare_pixels(pixels, header)]
    written.append(_chunk(b"IEND", b""))
    return b"".join(written)


def _chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    place = len(SIGNATURE)
    if not data.startswith(SIGNATURE):
        raise ValueError("no PNG")
    while True:
        length, name = struct.unpack_from(">I4s", data, place)
        content = data[place + 8 : place + 8 + length]
        if len(content) != length or name == b"IEND":
            return
        yield name, content
        place += length + 12


def _chunk(name: bytes, content: bytes) -> bytes:
    checksum = zlib.crc32(content, zlib.crc32(name))
    return struct.pack(">I4s", len(content), name) + content + struct.pack(">I", checksum)


def _colour_chunk(name: bytes, content: bytes, colour_type: int) -> bytes:
    if name == b"sBIT":
        return content[: {3: 3}.get(colour_type, _SAMPLES[colour_type])]
    if name != b"iCCP":
        return content if len(content) == _COLOURS[name] else b""
    _, _, packed = content.partition(b"\0")
    reader = zlib.decompressobj()
    profile = reader.decompress(packed[1:], _MOST_PROFILE)
    bare = bare_profile(profile)
    if bare == profile and content.startswith(_PROFILE) and not reader.unused_data:
        return content
    return _PROFILE + zlib.compress(bare) if bare else b""


def _bare_pixels(parts: list[bytes], header: bytes) -> list[bytes]:
    """Cut off what stands in the picture's data behind its last row, and behind these data."""
    wanted, had, used = _raw_bytes(header), 0, 0
    stream = b"".join(parts)
    if wanted <= _SMALL and _holds_just(stream, wanted):
        return parts
    for raw, read in _unpacked(stream):
        had, used = had + len(raw), read
        if had > wanted:
            return [_packed(stream, wanted)]
    return parts if used == len(stream) else [stream[:used]]


def _holds_just(stream: bytes, wanted: int) -> bool:
    """Tell whether a zlib stream has so many bytes, a right checksum, and nothing behind it.

    ISA-L unpacks in a third of zlib's time. What it doesn't affirm, zlib decides.
    """
    reader = isal_zlib.decompressobj()
    try:
        raw = reader.decompress(stream, wanted + 1)
    except isal_zlib.error:  # type: ignore[misc]  # a class; its stub says less
        return False
    return len(raw) == wanted and reader.eof and not reader.unused_data


def _unpacked(stream: bytes) -> Iterator[tuple[bytes, int]]:
    """Yield what a zlib stream holds, piece by piece, and how many of its bytes that took."""
    reader, place = zlib.decompressobj(), 0
    while place < len(stream) and not reader.eof:
        piece = stream[place : place + _PIECE]
        place += len(piece)
        while piece and not reader.eof:
            raw = reader.decompress(piece, _MOST_AT_ONCE)
            piece = reader.unconsumed_tail
            yield raw, place - len(reader.unused_data)


def _packed(stream: bytes, wanted: int) -> bytes:
    """Rewrite a zlib stream with the first `wanted` bytes that it holds."""
    writer, packed = zlib.compressobj(6), []
    for raw, _ in _unpacked(stream):
        packed.append(writer.compress(raw[:wanted]))
        wanted -= len(raw)
        if wanted <= 0:
            break
    return b"".join([*packed, writer.flush()])


def _raw_bytes(header: bytes) -> int:
    """Return the bytes of the picture's rows before compression, each with its filter's number."""
    width, height, depth, colour_type, _, _, laced = struct.unpack(">IIBBBBB", header[:13])
    bits = depth * _SAMPLES[colour_type]
    passes = _PASSES if laced else ((0, 0, 1, 1),)
    total = 0
    for left, top, right, down in passes:
        across, rows = -(-(width - left) // right), -(-(height - top) // down)
        total += rows * (1 + -(-across * bits // 8)) if across > 0 and rows > 0 else 0
    return int(total)
