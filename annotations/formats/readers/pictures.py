"""Pictures without labels, and their subjects as far as names and folders tell.

A split by subject is honest only if nobody is two subjects. So a folder counts as a subject where
folders hold people; where they hold classes (happy/, AU12/) or parts of a split (train/), one
person may lie in several, and all of them are one subject.
"""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

from annotations import facs
from annotations.formats.readers.paths import FRAME_NAME, IMAGE_SUFFIXES, images_below
from annotations.formats.rows import LabelledImage, UnreadableSource

#: The subject of pictures of which nothing tells the person.
NOBODY_KNOWN = "unknown"
_CKPLUS_SUBJECT = re.compile(r"(?<![A-Za-z0-9])S\d{3}(?![A-Za-z0-9])", re.IGNORECASE)
_NO_PERSON = {
    *facs.CKPLUS_EMOTIONS, *facs.EMOTIONS, "afraid", "angry", "contemptuous", "disgusted",
    "fearful", "happiness", "joy", "sad", "surprised", "other", "none", "unlabelled", "unlabeled",
    "train", "training", "test", "testing", "val", "valid", "validation", "dev", "public",
    "images", "image", "img", "imgs", "pictures", "picture", "pics", "photos", "photo", "faces",
    "face", "frames", "data", "dataset", "datasets", "raw", "crops", "cropped", "aligned", "upload",
    "uploads", "files", "new", "png", "jpg", "jpeg", "cohn-kanade-images",
    "extended-cohn-kanade-images",
}  # fmt: skip
_CLASS = re.compile(r"(au[ _-]?)?\d{1,2}|fold[ _-]?\d+|batch[ _-]?\d+|part[ _-]?\d+|v\d+")
_NOT_IN_CODES = re.compile(r"[^A-Za-z0-9_-]+")
_LONGEST = 32


def picture(path: Path, root: Path) -> LabelledImage:
    """Return a picture without a label, with what its name tells of it.

    Parameters
    ----------
    path
        The picture.
    root
        The data set's folder, above it.

    Returns
    -------
    LabelledImage
        Subject, sequence and frame by a name such as CK+'s; else the subject of `subject_of`.
    """
    file = path.relative_to(root).as_posix()
    name = FRAME_NAME.match(path.stem.upper())
    if name is not None:
        return LabelledImage(
            path, name["subject"], file, sequence=name["sequence"], frame=int(name["frame"])
        )
    return LabelledImage(path, subject_of(file), file)


def pictures(root: Path) -> list[LabelledImage]:
    """Return all pictures below `root`. Raises UnreadableSource where there are none."""
    found = [picture(path, root) for path in images_below(root)]
    if not found:
        kinds = ", ".join(sorted(suffix.removeprefix(".").upper() for suffix in IMAGE_SUFFIXES))
        raise UnreadableSource(f"There is no picture in it ({kinds}).")
    return found


def subject_of(file: str) -> str:
    """Return the subject of a picture by its folders and name.

    A code such as CK+'s (S005) comes first: that of the innermost folder that has one, else that of
    the name. Then it is the outermost folder that isn't called after a class, a part of a split or
    the like.

    Parameters
    ----------
    file
        The picture's path below the root, with slashes.

    Returns
    -------
    str
        At most 32 letters, digits, dashes and underscores; `NOBODY_KNOWN` where nothing tells.

    Examples
    --------
    >>> subject_of("S005/neutral/x.png"), subject_of("anna/2024/x.png"), subject_of("happy/x.png")
    ('S005', 'anna', 'unknown')
    """
    *folders, name = file.split("/")
    for part in [*reversed(folders), name]:
        code = _CKPLUS_SUBJECT.search(part)
        if code:
            return code[0].upper()
    for folder in folders:
        if folder.lower() not in _NO_PERSON and not _CLASS.fullmatch(folder.lower()):
            return _code(folder)
    return NOBODY_KNOWN


def _code(folder: str) -> str:
    """Make a folder's name a subject's code; where letters must go, a digest keeps it apart."""
    code = _NOT_IN_CODES.sub("-", folder).strip("-")
    if code == folder and len(code) <= _LONGEST:
        return code
    digest = hashlib.sha256(folder.encode()).hexdigest()[:6]
    return f"{code[: _LONGEST - 7]}-{digest}".removeprefix("-")
