"""Guesses of what a file is that isn't read here, so that its sender learns the way over."""

from __future__ import annotations

import codecs
import json
import re
from pathlib import Path
from typing import Any

_MOST_BYTES = 256 << 20
_HEAD = 1 << 16
_WAY_OVER = "docs/formats.md says how to bring it over"
_PASCAL = re.compile(r"<annotation[\s>]")
_CVAT = re.compile(r"<annotations[\s>]")


def read_json(path: Path) -> Any:
    """Read a file's JSON, or that of its lines as a list.

    Parameters
    ----------
    path
        JSON or JSON lines in UTF-8, with or without a BOM.

    Returns
    -------
    object
        As `json.loads` makes it.

    Raises
    ------
    ValueError
        It is neither, nested too deep, or bigger than 256 MiB.
    """
    if path.stat().st_size > _MOST_BYTES:
        raise ValueError(f"more than {_MOST_BYTES:,} bytes")
    text = path.read_bytes().decode("utf-8-sig")
    try:
        return json.loads(text)
    except RecursionError:
        raise ValueError("nested too deep") from None
    except ValueError:
        lines = [line for line in text.splitlines() if line.strip()]
        if len(lines) < 2:
            raise
        return [json.loads(line) for line in lines]


def seems_to_be(path: Path) -> str:
    """Say what a file seems to be, with what to do.

    Only formats that say what they are can be known: JSON, XML, and a few by their first bytes.

    Parameters
    ----------
    path
        A file of any kind.

    Returns
    -------
    str
        A sentence for the sender; "" for any other format.
    """
    with path.open("rb") as file:
        head = file.read(_HEAD)
    for magic, name in _MAGIC.items():
        if head.startswith(magic):
            return _sentence(name)
    text = _text(head).lstrip()
    if text.startswith("<"):
        return _sentence(_xml(text))
    if text[:1] in {"{", "["}:
        try:
            return _sentence(_json(read_json(path)))
        except (ValueError, RecursionError) as error:
            reason = "cut short or damaged" if isinstance(error, ValueError) else "nested too deep"
            return f"This seems to be JSON, but it is {reason}."
    if set(text.partition("\n")[0].strip().split(",")) >= _LABEL_STUDIO_CSV:
        return _sentence("Label Studio's CSV: export as JSON or JSON-MIN there, which is read")
    return ""


#: Columns that every CSV of Label Studio's has, whatever was labelled.
_LABEL_STUDIO_CSV = {"annotation_id", "annotator", "id", "lead_time"}


_ONE_PICTURE = "a picture by itself: send pictures in a zip, or upload it by the API (faces/)"
_MAGIC = {
    b"PAR1": "a Parquet file",
    b"SQLite format 3\0": "an SQLite database",
    b"\x89HDF": "an HDF5 file",
    b"%PDF": "a PDF",
    b"Rar!": "a RAR archive, which isn't read: send a zip or tar",
    b"7z\xbc\xaf": "a 7-Zip archive, which isn't read: send a zip or tar",
    b"\x89PNG": _ONE_PICTURE,
    b"\xff\xd8\xff": _ONE_PICTURE,
}


def _sentence(name: str) -> str:
    end = "" if ":" in name else f", which isn't read; {_WAY_OVER}"
    return f"This seems to be {name}{end}."


def _text(head: bytes) -> str:
    encoding = "utf-16" if head[:2] in {codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE} else "utf-8-sig"
    return head.decode(encoding, "replace")


def _xml(text: str) -> str:
    if _CVAT.search(text):
        return "an export of CVAT for images (XML)"
    if _PASCAL.search(text):
        return "Pascal VOC's XML"
    if re.search(r"<!doctype html|<html", text, re.IGNORECASE):
        return "a web page"
    return "XML"


def _json(data: Any) -> str:
    first = next((item for item in data if isinstance(item, dict)), {}) if _is_list(data) else {}
    keys = set(data) if isinstance(data, dict) else set(first)
    if _is_list(data):
        return next((name for needed, name in _LISTS if needed <= keys), "JSON")
    if any(key.startswith("_via_") for key in keys):
        return "a project of the VGG Image Annotator (VIA)"
    return next((name for needed, name in _OBJECTS if needed <= keys), "JSON")


def _is_list(data: Any) -> bool:
    return isinstance(data, list)


_OBJECTS = (
    ({"images", "annotations"}, "a COCO file (images, annotations, categories)"),
    ({"images", "categories"}, "a COCO file (images, annotations, categories)"),
    ({"shapes", "imagePath"}, "a file of Labelme"),
    ({"samples"}, "a dataset of FiftyOne"),
    ({"items", "categories"}, "a Datumaro dataset, as CVAT exports it"),
    ({"labels", "tasks"}, "a backup of CVAT"),
    ({"shapes", "tags", "version"}, "annotations of CVAT"),
    ({"cells", "nbformat"}, "a Jupyter notebook"),
)
_LISTS = (
    ({"emotion", "region"}, "an answer of DeepFace"),
    ({"dominant_emotion"}, "an answer of DeepFace"),
    ({"image_id", "category_id"}, "COCO's results, or annotations alone"),
    ({"data_row"}, "an export of Labelbox"),
    ({"Labeled Data"}, "an export of Labelbox"),
    ({"text", "label"}, "an export of doccano"),
    ({"text", "labels"}, "an export of doccano"),
    ({"filename", "label"}, "an export of doccano"),
    ({"filepath", "tags"}, "samples of FiftyOne"),
)
