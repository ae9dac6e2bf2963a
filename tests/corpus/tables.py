"""Tables as people and attackers send them: (what it is, kind, bytes)."""

from __future__ import annotations

import random
from collections.abc import Iterator

_HEADERS = {
    "labels": "filepath,subject,high_level_emotion,AU1,AU12,note",
    "openface": "filepath,success,AU01_r,AU12_r,AU12_c",
    "pyfeat": "input,frame,FaceScore,AU01,AU12,anger,happiness,neutral",
}
_ROWS = {
    "labels": "a.png,S001,positive,0,1,fine",
    "openface": "S001_001_00000001.png,1,0.2,2.5,1",
    "pyfeat": "S001_001_00000001.png,0,0.9,0.1,0.9,0.1,0.8,0.1",
}
_CELLS = (
    "", " ", "NaN", "nan", "inf", "-inf", "1e999", "1e-999", "-1", "2", "0.5", "0,5", "true", "one",
    "0x10", "１", "=1+1", "@SUM(1)", "+cmd|' /C calc'!A0", "-2+3", "\t=1", "'", '"', "\x00", "\x1b",
    "\u202e", "é", "🙂" * 50, "x" * 1_000_000, "../../etc/passwd", "/etc/passwd", "C:\\x",
    "https://example.org/x.png", "file:///etc/passwd", "S001", "s001", "S 1", "'; DROP TABLE x; --",
    "{{7*7}}", "<script>", "%00", "negative", "Positive", "3", "9" * 400, "1" * 20, "None", "null",
)  # fmt: skip


def tables(seed: int) -> Iterator[tuple[str, str, bytes]]:
    """Some 330, the same for the same seed."""
    draw = random.Random(seed)
    for kind, header in _HEADERS.items():
        good = f"{header}\n{_ROWS[kind]}\n"
        columns = header.split(",")
        for cell in _CELLS:
            cells = _ROWS[kind].split(",")
            cells[draw.randrange(len(columns))] = f'"{cell}"' if "," in cell else cell
            yield f"a cell {cell[:20]!r}", kind, f"{header}\n{','.join(cells)}\n".encode()
        yield "BOM", kind, ("\ufeff" + good).encode()
        yield "CRLF", kind, good.replace("\n", "\r\n").encode()
        yield "CR alone", kind, good.replace("\n", "\r").encode()
        yield "semicolons", kind, good.replace(",", ";").encode()
        yield "tabs", kind, good.replace(",", "\t").encode()
        yield "UTF-16", kind, good.encode("utf-16")
        yield "Latin-1", kind, good.replace("fine", "für").encode("latin-1")
        yield "NUL", kind, good.replace("\n", "\0\n").encode()
        yield "header alone", kind, f"{header}\n".encode()
        yield "no last newline", kind, good.rstrip().encode()
        yield "a column twice", kind, f"{header},{columns[-1]}\n{_ROWS[kind]},1\n".encode()
        yield "too few cells", kind, f"{header}\nx\n".encode()
        yield "too many cells", kind, f"{header}\n{_ROWS[kind]},1,2,3\n".encode()
        yield "stray quote", kind, f'{header}\n"{_ROWS[kind]}\n'.encode()
        yield "quote within", kind, good.replace("S001", 'S"001').encode()
        yield "a row a hundred times", kind, (header + "\n" + f"{_ROWS[kind]}\n" * 100).encode()
        yield "blank lines", kind, good.replace("\n", "\n\n\n").encode()
        yield "a line without an end", kind, (header + "\n" + "x" * 3_000_000).encode()
        yield "unknown action unit", kind, f"{header},AU99,AU99_r\n{_ROWS[kind]},1,1\n".encode()
        for _ in range(45):
            changed = bytearray(good.encode())
            for _ in range(draw.choice((1, 3, 10))):
                changed[draw.randrange(len(changed))] = draw.randrange(256)
            yield "bytes changed", kind, bytes(changed)
