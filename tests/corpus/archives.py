"""Archives that are hostile, damaged or odd: (what it is, bytes)."""

from __future__ import annotations

import io
import random
import stat
import tarfile
import zipfile
from collections.abc import Iterator

from tests.factories import png

_TABLE = b"filepath,subject,high_level_emotion\na.png,S001,positive\n"
_NAMES = (
    "../a.png", "../../etc/passwd", "/etc/passwd", "/a.png", "C:\\a.png", "C:/a.png", "\\a.png",
    "a/../../b.png", "..\\a.png", "a\\..\\..\\b.png", "./../a.png", "\x00.png", "a\x00.png",
    "a\n.png", "a\x1b[2J.png", "\u202egnp.a", "~/a.png", "a/b/../../../c.png", "//server/a.png",
    "con.png", "a" * 300 + ".png", "é" * 130 + ".png", "a/" * 26 + ".png",
    "", ".", "..", "/", "a.png/", "A.PNG", ".hidden.png", "evil.sh", "evil.exe", "a.zip",
)  # fmt: skip


def archives(seed: int) -> Iterator[tuple[str, bytes]]:
    """Some 260, the same for the same seed."""
    draw = random.Random(seed)
    for name in _NAMES:
        yield f"zip with {name[:30]!r}", _zip([(name, png(shade=9))])
        yield f"tar with {name[:30]!r}", _tar([(name, png(shade=9), tarfile.REGTYPE, "")])
    for kind in (tarfile.SYMTYPE, tarfile.LNKTYPE):
        for target in ("/etc/passwd", "../../x", "a.png"):
            yield "tar with a link", _tar([("link.png", b"", kind, target)])
    for kind in (tarfile.CHRTYPE, tarfile.BLKTYPE, tarfile.FIFOTYPE):
        yield "tar with a device", _tar([("device.png", b"", kind, "")])
    for mode in (stat.S_IFLNK, stat.S_IFIFO, stat.S_IFCHR):
        yield "zip with a link or a device", _zip_of_mode(mode)
    yield "zip with a name twice", _zip([("a.png", png(shade=1)), ("a.png", png(shade=2))])
    yield "zip with a name in two cases", _zip([("a.png", png(shade=1)), ("A.png", png(shade=2))])
    yield "zip with a file that is a folder too", _zip([("a.png", b"x"), ("a.png/b.png", b"y")])
    yield "zip that says it is encrypted", _encrypted()
    yield "zip bomb", _zip([("a.csv", b"\0" * 60_000_000)])
    yield "tar bomb", _tar([("a.csv", b"\0" * 60_000_000, tarfile.REGTYPE, "")], "w:gz")
    yield "zip in a zip", _zip([("a.zip", _zip([("b.zip", b"x")]))])
    yield "empty zip", _zip([])
    yield "empty tar", _tar([])
    yield "many members", _zip([(f"{n}.txt", b"") for n in range(3000)])
    good = [("data_labels.csv", _TABLE), ("a.png", png(shade=7))]
    for data in (_zip(good), _tar([(n, d, tarfile.REGTYPE, "") for n, d in good], "w:gz")):
        for _ in range(45):
            yield "archive cut short", data[: draw.randrange(1, len(data))]
        for _ in range(45):
            changed = bytearray(data)
            for _ in range(draw.choice((1, 4, 30))):
                changed[draw.randrange(len(changed))] = draw.randrange(256)
            yield "archive with bytes changed", bytes(changed)


def _zip(members: list[tuple[str, bytes]]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members:
            info = zipfile.ZipInfo("x")
            info.filename = name  # past zipfile's own tidying
            info.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(info, data)
    return buffer.getvalue()


def _zip_of_mode(mode: int) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        info = zipfile.ZipInfo("a.png")
        info.external_attr = (mode | 0o777) << 16
        info.create_system = 3
        archive.writestr(info, "/etc/passwd")
    return buffer.getvalue()


def _encrypted() -> bytes:
    """Both headers of the one member carry the flag; there is no key."""
    data = bytearray(_zip([("a.png", png(shade=3))]))
    data[6] |= 1
    data[data.index(b"PK\x01\x02") + 8] |= 1
    return bytes(data)


def _tar(members: list[tuple[str, bytes, bytes, str]], mode: str = "w") -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode=mode) as archive:
        for name, data, kind, target in members:
            info = tarfile.TarInfo(name)
            info.type, info.linkname, info.size = kind, target, len(data)
            archive.addfile(info, io.BytesIO(data))
    return buffer.getvalue()
