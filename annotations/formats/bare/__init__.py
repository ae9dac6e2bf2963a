"""Pictures bare of everything that is no pixel: EXIF, GPS, XMP, IPTC, comments, thumbnails, tails.

Files are rewritten block by block, so that no pixel changes. What a decoder makes of the result is
compared with what it made of the file as sent; where they differ, the pixels themselves are kept.
"""

from annotations.formats.bare.pictures import Unreadable, bare, same_pixels

__all__ = ["Unreadable", "bare", "same_pixels"]
