"""Files that pretend to be pictures, and pictures that are odd: (what it is, bytes)."""

from __future__ import annotations

import io
import random
import struct
import zlib
from collections.abc import Iterator

from PIL import Image


def images(seed: int) -> Iterator[tuple[str, bytes]]:
    """Some 420, the same for the same seed."""
    draw = random.Random(seed)
    whole = {kind: _picture(kind, draw) for kind in ("PNG", "JPEG")}
    for kind, data in whole.items():
        for _ in range(60):
            yield f"{kind} cut short", data[: draw.randrange(len(data))]
        for _ in range(110):
            yield f"{kind} with bytes changed", _changed(data, draw)
        for _ in range(15):
            yield f"{kind} with a tail", data + draw.randbytes(draw.randrange(1, 400))
    yield from _others(draw)
    yield from _odd_pictures(draw)
    yield from _lying_headers()


def _picture(kind: str, draw: random.Random, mode: str = "L", **options) -> bytes:
    size = 32, 24
    picture = Image.frombytes("L", size, draw.randbytes(size[0] * size[1])).convert(mode)
    buffer = io.BytesIO()
    picture.save(buffer, kind, **options)
    return buffer.getvalue()


def _changed(data: bytes, draw: random.Random) -> bytes:
    changed = bytearray(data)
    for _ in range(draw.choice((1, 3, 20))):
        changed[draw.randrange(len(changed))] = draw.randrange(256)
    return bytes(changed)


def _others(draw: random.Random) -> Iterator[tuple[str, bytes]]:
    yield "nothing", b""
    yield "one byte", b"\x89"
    yield "HTML", b"<!doctype html><script>alert(1)</script>"
    yield "SVG", b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
    yield "EXE", b"MZ\x90\x00" + draw.randbytes(300)
    yield "PDF", b"%PDF-1.7\n" + draw.randbytes(200)
    yield "shell script", b"#!/bin/sh\nrm -rf /\n"
    yield "zip", b"PK\x03\x04" + draw.randbytes(100)
    for kind in ("GIF", "BMP", "TIFF", "WEBP", "PPM", "ICO"):
        yield kind, _picture(kind, draw)
    for size in (10, 1000, 100_000):
        yield "noise", draw.randbytes(size)
    yield "signature of a PNG alone", b"\x89PNG\r\n\x1a\n"
    yield "signature of a JPEG alone", b"\xff\xd8\xff\xe0"
    png, jpeg = _picture("PNG", draw), _picture("JPEG", draw)
    yield "PNG and HTML", png + b"<script>alert(1)</script>"
    yield "JPEG and zip", jpeg + b"PK\x03\x04" + draw.randbytes(50) + b"PK\x05\x06" + b"\0" * 18
    yield "GIF before PNG", b"GIF89a" + png


def _odd_pictures(draw: random.Random) -> Iterator[tuple[str, bytes]]:
    """Pictures that are taken, each in its way."""
    for mode in ("1", "P", "RGB", "RGBA", "LA", "I;16"):
        yield (
            f"PNG of mode {mode}",
            _sixteen(draw) if mode == "I;16" else _picture("PNG", draw, mode),
        )
    yield "JPEG in CMYK", _picture("JPEG", draw, "CMYK")
    exif = Image.Exif()
    for turn in range(1, 9):
        exif[0x0112] = turn
        yield f"JPEG turned by EXIF {turn}", _picture("JPEG", draw, exif=exif)
    exif[0x0112] = 99
    yield "JPEG with a senseless turn", _picture("JPEG", draw, exif=exif)
    frames = [Image.new("L", (8, 8), shade) for shade in (1, 100, 200)]
    buffer = io.BytesIO()
    frames[0].save(buffer, "PNG", save_all=True, append_images=frames[1:], duration=10)
    yield "animated PNG", buffer.getvalue()
    buffer = io.BytesIO()
    Image.new("1", (8000, 7000)).save(buffer, "PNG")
    yield "56 megapixels in a small file", buffer.getvalue()


def _sixteen(draw: random.Random) -> bytes:
    buffer = io.BytesIO()
    Image.frombytes("I;16", (16, 16), draw.randbytes(512)).save(buffer, "PNG")
    return buffer.getvalue()


def _lying_headers() -> Iterator[tuple[str, bytes]]:
    for width, height in ((0, 0), (0, 9), (2**31 - 1, 2**31 - 1), (2**32 - 1, 1), (65_000, 65_000)):
        yield f"PNG that says {width} x {height}", _png(width, height, b"\0" * 10)
    yield "PNG of wrong depth", _png(4, 4, b"\0" * 20, depth=7)
    yield "PNG without data", _png(4, 4, None)
    yield "PNG whose data is a bomb", _png(4, 4, b"\0" * 30_000_000)


def _png(width: int, height: int, pixels: bytes | None, depth: int = 8) -> bytes:
    head = struct.pack(">IIBBBBB", width, height, depth, 0, 0, 0, 0)
    parts = [b"\x89PNG\r\n\x1a\n", _chunk(b"IHDR", head)]
    if pixels is not None:
        parts.append(_chunk(b"IDAT", zlib.compress(pixels)))
    return b"".join([*parts, _chunk(b"IEND", b"")])


def _chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
