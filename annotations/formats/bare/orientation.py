"""The one number of EXIF that changes what people see: which way up the picture is.

Written as an EXIF block of a single tag (CIPA DC-008, "Exif 2.32", 4.6.4 A).
"""

from __future__ import annotations

import struct

#: The tag's number in EXIF, and its values that turn or mirror a picture. 1 leaves it as it is.
TAG = 0x0112
TURNED = range(2, 9)


def exif_of(orientation: int) -> bytes:
    """Return an EXIF block, without the letters "Exif", that says nothing but the orientation."""
    one_entry = struct.pack(">HHHIHHI", 1, TAG, 3, 1, orientation, 0, 0)
    return b"MM\0\x2a" + struct.pack(">I", 8) + one_entry
