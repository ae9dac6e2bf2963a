"""Pictures that carry what is no pixel, as phones and attackers make them; all drawn, of nobody."""

from __future__ import annotations

import hashlib
import io
import struct
import zipfile
import zlib
from collections.abc import Callable
from functools import cache

import numpy as np
from PIL import Image, ImageCms
from PIL.PngImagePlugin import PngInfo

#: Stands in everything that has to go. No chance makes it.
SECRET = b"Erika-Mustermann-GPS-52.5163N-13.3777E"
SCRIPT = b"<script>alert('" + SECRET + b"')</script>"


def drawing(seed: int = 0, size: int = 48) -> Image.Image:
    """A picture of no symmetry, so that turning it shows."""
    noise = np.random.default_rng(seed).integers(0, 60, (size, size * 4 // 3))
    slope = np.add.outer(np.arange(size) * 3, np.arange(size * 4 // 3))
    return Image.fromarray(((noise + slope) % 256).astype("uint8")).convert("RGB")


def exif(orientation: int = 6) -> bytes:
    tags = Image.Exif()
    tags[0x0112], tags[0x010F] = orientation, "ACME"
    tags[0x010E], tags[0x013B] = SCRIPT.decode(), SECRET.decode()
    place = tags.get_ifd(0x8825)
    place[1], place[2], place[29] = "N", (52.0, 30.0, 58.0), SECRET.decode()
    return tags.tobytes()


@cache  # it holds the second in which it was made
def profile() -> bytes:
    """A colour profile whose texts tell something."""
    made = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    tail = b"text" + bytes(4) + SECRET + b"\0"
    (count,) = struct.unpack_from(">I", made, 128)
    table = bytearray(made[: 132 + 12 * count])
    moved = 12
    for number in range(count):
        name, start, size = struct.unpack_from(">4sII", table, 132 + 12 * number)
        struct.pack_into(">4sII", table, 132 + 12 * number, name, start + moved, size)
    body = made[132 + 12 * count :]
    struct.pack_into(">I", table, 128, count + 1)
    entry = struct.pack(">4sII", b"dmnd", len(table) + moved + len(body), len(tail))
    whole = bytearray(bytes(table) + entry + body + tail)
    struct.pack_into(">I", whole, 0, len(whole))
    return bytes(whole)


def zipped() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("evil.html", SCRIPT)
    return buffer.getvalue()


def png(seed: int = 0, **options: object) -> bytes:
    text = PngInfo()
    text.add_text("Comment", SECRET.decode())
    text.add_itxt("XML:com.adobe.xmp", SCRIPT.decode(), zip=True)
    text.add(b"prVt", SECRET)
    buffer = io.BytesIO()
    options = {"pnginfo": text, "exif": exif(), "icc_profile": profile(), **options}
    drawing(seed).save(buffer, "PNG", **options)
    return buffer.getvalue()


def jpeg(seed: int = 0, **options: object) -> bytes:
    buffer = io.BytesIO()
    options = {"exif": exif(), "comment": SCRIPT, "icc_profile": profile(), **options}
    drawing(seed).save(buffer, "JPEG", quality=90, **options)
    data = buffer.getvalue()
    iptc = b"\xff\xed" + struct.pack(">H", len(SECRET) + 16) + b"Photoshop 3.0\0" + SECRET
    return data[:2] + iptc + data[2:]


def png_with_hidden_rows() -> bytes:
    """A PNG whose pixel data go on behind the last row, and whose stream goes on behind its end."""
    buffer = io.BytesIO()
    picture = drawing()
    picture.save(buffer, "PNG")
    data = buffer.getvalue()
    rows = b"".join(b"\0" + row.tobytes() for row in np.asarray(picture))
    packed = zlib.compress(rows + SECRET * 9, 0) + SECRET
    body = b"IDAT" + packed
    chunk = struct.pack(">I", len(packed)) + body + struct.pack(">I", zlib.crc32(body))
    return data[:33] + chunk + data[-12:]


def jpeg_with_hidden_page() -> bytes:
    """A JPEG that hides a page and an archive before its end, among the compressed pixels."""
    data = jpeg(comment=b"", exif=b"")
    return data[:-2] + SCRIPT + zipped().replace(b"\xff", b"") + data[-2:]


def two_pictures() -> bytes:
    """An MPF file, as phones write it: a JPEG, and another one behind."""
    buffer = io.BytesIO()
    drawing(1).save(
        buffer, "MPO", save_all=True, append_images=[drawing(2)], exif=exif(), comment=SECRET
    )
    return buffer.getvalue()


HOSTILE: dict[str, Callable[[], bytes]] = {
    "JPEG with EXIF, GPS, IPTC, comment, profile": jpeg,
    "progressive JPEG": lambda: jpeg(progressive=True),
    "JPEG and zip": lambda: jpeg() + zipped(),
    "JPEG with a page inside": jpeg_with_hidden_page,
    "MPF": two_pictures,
    "PNG with EXIF, XMP, text, profile": png,
    "PNG and HTML": lambda: png() + b"<html><body>" + SCRIPT,
    "PNG and zip": lambda: png() + zipped(),
    "PNG with hidden rows": png_with_hidden_rows,
}


def digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def all_that_is_kept(folder) -> bytes:
    """Every file below a folder, compressed PNG texts too: where a secret could be."""
    found = []
    for path in folder.rglob("*"):
        if path.is_file():
            found.append(path.read_bytes())
            if path.suffix in {".png", ".jpg"}:
                with Image.open(path) as picture:
                    picture.load()
                    found.append(repr(picture.info).encode())
    return b"\n".join(found)
