"""Kinds of files that are left alone, in words for the sender."""

from __future__ import annotations

from pathlib import PurePath

_BY_SUFFIX = {
    ".hog": "HOG features of OpenFace (.hog)",
    ".xls": "old Excel files (.xls); save them as CSV UTF-8 or .xlsx",
    ".ods": "OpenDocument spreadsheets (.ods); save them as CSV UTF-8 or .xlsx",
    ".txt": "text files (.txt)",
    ".csv": "CSV files that are no table of action units (.csv)",
    ".tsv": "tables that have no action units (.tsv)",
    ".json": "JSON files (.json)",
    ".jsonl": "JSON files (.jsonl)",
}
_VIDEOS = {".avi", ".mkv", ".mov", ".mp4", ".mpeg", ".mpg", ".webm", ".wmv"}
_PICTURES = {".png", ".jpg", ".jpeg", ".bmp", ".gif", ".tif", ".tiff", ".webp"}


def kind_of_file(path: PurePath) -> str:
    """Return the kind of a file that isn't read, by its name.

    Parameters
    ----------
    path
        Its folder counts too: OpenFace's aligned faces are in one named so.

    Returns
    -------
    str
        A plural, for a report that counts them.

    Examples
    --------
    >>> kind_of_file(PurePath("p/a_aligned/face_det_000000.bmp"))
    'aligned faces of OpenFace (.bmp)'
    >>> kind_of_file(PurePath("p/a_of_details.txt")), kind_of_file(PurePath("p/a.AVI"))
    ('details of OpenFace (_of_details.txt)', 'videos (.avi)')
    """
    suffix = path.suffix.lower()
    if path.name.lower().endswith("_of_details.txt"):
        return "details of OpenFace (_of_details.txt)"
    if suffix in _PICTURES:
        is_aligned = path.parent.name.lower().endswith("_aligned")
        return f"aligned faces of OpenFace ({suffix})" if is_aligned else f"pictures ({suffix})"
    if suffix in _VIDEOS:
        return f"videos ({suffix})"
    if suffix in _BY_SUFFIX:
        return _BY_SUFFIX[suffix]
    return f"other files ({suffix[:20]})" if suffix else "files without a suffix"
