"""The reader of our own lossless export. Everything is checked before anything is believed."""

from __future__ import annotations

import hashlib
import re
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import MISSING, fields
from pathlib import Path
from typing import Any, get_type_hints

import orjson

from annotations import facs
from annotations.facs.prediction_set import PredictionSet
from annotations.formats import records
from annotations.formats.rows import RowError, UnreadableSource
from annotations.formats.writers.bundle import (
    FORMAT,
    MANIFEST,
    READ_VERSIONS,
    SINCE_2,
    TABLES,
    VERSION,
)

_MOST_MANIFEST_BYTES = 256 << 20
_LONGEST_LINE = 1 << 20
_CHUNK = 1 << 20
_SHA256 = re.compile(r"[0-9a-f]{64}")
_IMAGE = re.compile(r"(images|neutral)/([0-9a-f]{64})\.(png|jpg)")
_SHAPES: dict[str, type] = {
    "subjects": records.SubjectRecord,
    "coders": records.CoderRecord,
    "faces": records.FaceRecord,
    "neutral_frames": records.NeutralRecord,
    "codings": records.CodingRecord,
    "reviews": records.ReviewRecord,
    "first_looks": records.LookRecord,
}
#: Values that a column may hold, beyond its type.
_CHOICES: dict[str, set[Any]] = {
    "coder_kind": {"human", "model", "import"},
    "kind": {"human", "model", "import"},
    "emotion": {"", *facs.EMOTIONS},
    "basic_emotion": {"", *facs.CKPLUS_EMOTIONS},
    "intensity": {"", *facs.INTENSITIES},
    "side": {"", *facs.SIDES},
    "au": set(facs.ACTION_UNITS),
    "extension": {"png", "jpg"},
    "colour_mode": {"greyscale", "rgb"},
}
_DIGESTS = {"sha256", "face"}
_NUMBERS_FROM_1 = {
    "number", "based_on", "reviewed", "result", "replaced", "undoes", "width", "height",
}  # fmt: skip


def is_bundle(path: Path) -> bool:
    """Tell whether a file is a zip with a manifest of ours at its top."""
    try:
        with zipfile.ZipFile(path) as archive:
            return MANIFEST in archive.namelist() and "subjects.jsonl" in archive.namelist()
    except (OSError, zipfile.BadZipFile):
        return False


class Bundle:
    """An export that is whole: its manifest names every member, and each is as it says."""

    def __init__(self, path: Path, *, checked: Callable[[int, int], None] | None = None) -> None:
        """Open an export and check all of it.

        Parameters
        ----------
        path
            A zip as `writers.bundle.BundleWriter` writes it.
        checked
            Called with (members checked, members in all).

        Raises
        ------
        UnreadableSource
            It is damaged, of a version that is not read, or not as its manifest says.
        """
        try:
            self._zip = zipfile.ZipFile(path)
        except (OSError, zipfile.BadZipFile):
            raise UnreadableSource("The export is damaged: it is not a whole zip file.") from None
        manifest = self._manifest()
        self.anonymous: bool = manifest["anonymous"]
        self.images: bool = manifest["images"]
        self._members: dict[str, Any] = manifest["members"]
        self._check_members(checked)

    def close(self) -> None:
        """Close the file; nothing can be read any more."""
        self._zip.close()

    def rows(self, table: str) -> int:
        """Return how many rows a table has by the manifest; 0 where there is no such table."""
        return int(self._members.get(f"{table}.jsonl", {}).get("rows", 0))

    def read(self, table: str) -> Iterator[Any]:
        """Yield the records of a table.

        Parameters
        ----------
        table
            One of `writers.bundle.TABLES`. A table that the export hasn't is empty.

        Yields
        ------
        Record or RowError
            A dataclass of `annotations.formats.records`; a line that is none comes as its RowError.
        """
        name = f"{table}.jsonl"
        if name not in self._members:
            return
        with self._zip.open(name) as member:
            number = 0
            while line := member.readline(_LONGEST_LINE):
                number += 1
                try:
                    yield _record(orjson.loads(line), _SHAPES[table])
                except (ValueError, TypeError) as error:
                    field = getattr(error, "field", "line")
                    yield RowError(name, number, field, str(error)[:300])

    def image(self, folder: str, sha256: str, extension: str, most_bytes: int) -> bytes | None:
        """Return a picture's bytes.

        Parameters
        ----------
        folder
            images, or neutral for neutral frames.
        sha256, extension
            The picture's digest, and png or jpg.
        most_bytes
            How big it may be.

        Returns
        -------
        bytes or None
            None where the export has no such picture.

        Raises
        ------
        UnreadableSource
            It is bigger than `most_bytes`.
        """
        name = f"{folder}/{sha256}.{extension}"
        if name not in self._members:
            return None
        with self._zip.open(name) as member:
            data = member.read(most_bytes + 1)
        if len(data) > most_bytes:
            raise UnreadableSource(f"{name} has more than {most_bytes:,} bytes.")
        return data

    def _manifest(self) -> dict[str, Any]:
        try:
            with self._zip.open(MANIFEST) as member:
                manifest = orjson.loads(member.read(_MOST_MANIFEST_BYTES))
        except (KeyError, ValueError, OSError, zlib.error, zipfile.BadZipFile, RuntimeError):
            raise UnreadableSource("The export has no readable manifest.json.") from None
        if not isinstance(manifest, dict) or manifest.get("format") != FORMAT:
            raise UnreadableSource("This zip's manifest.json is not that of a facsweb export.")
        if manifest.get("version") not in READ_VERSIONS:
            raise UnreadableSource(
                f"This export has version {str(manifest.get('version'))[:20]}; "
                f"this facsweb reads up to version {VERSION}."
            )
        flags = [manifest.get(name) for name in ("anonymous", "images")]
        members = manifest.get("members")
        if not all(isinstance(flag, bool) for flag in flags) or not isinstance(members, dict):
            raise UnreadableSource("The export's manifest.json lacks what it must say.")
        return manifest

    def _check_members(self, checked: Callable[[int, int], None] | None) -> None:
        names = self._zip.namelist()
        tables = [f"{table}.jsonl" for table in TABLES]
        if len(set(names)) != len(names) or set(names) != {*self._members, MANIFEST}:
            raise UnreadableSource("The export's members are not those that its manifest names.")
        if not {f"{table}.jsonl" for table in TABLES if table not in SINCE_2} <= set(names):
            raise UnreadableSource("The export lacks one of its tables.")
        for done, (name, said) in enumerate(self._members.items(), start=1):
            if name not in tables and not _IMAGE.fullmatch(name):
                raise UnreadableSource(f"The export holds {name[:80]!r}, which doesn't belong.")
            self._check_member(name, said)
            if checked:
                checked(done, len(self._members))

    def _check_member(self, name: str, said: Any) -> None:
        digest, size = hashlib.sha256(), 0
        limit = said.get("bytes") if isinstance(said, dict) else None
        if not isinstance(limit, int):
            raise UnreadableSource(f"The manifest doesn't say how big {name} is.")
        try:
            with self._zip.open(name) as member:
                while size <= limit and (chunk := member.read(_CHUNK)):
                    digest.update(chunk)
                    size += len(chunk)
        except (OSError, zlib.error, zipfile.BadZipFile, RuntimeError, NotImplementedError):
            raise UnreadableSource(f"{name} in the export is damaged.") from None
        if size != limit or digest.hexdigest() != said.get("sha256"):
            raise UnreadableSource(f"{name} in the export is not as its manifest says.")


class _Wrong(ValueError):
    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field


def _record(values: Any, shape: type) -> Any:
    if not isinstance(values, dict):
        raise _Wrong("line", "A line is a JSON object.")
    names = {field.name for field in fields(shape)}
    optional = {field.name for field in fields(shape) if field.default is not MISSING}
    if unlike := (names ^ values.keys()) - optional:
        raise _Wrong(min(unlike), f"Missing or unknown: {', '.join(sorted(unlike))[:200]}.")
    hints = _hints(shape)
    for name, value in values.items():
        if name == "scores":
            if not isinstance(value, list):
                raise _Wrong(name, "scores is a list.")
            values[name] = tuple(_record(score, records.ScoreRecord) for score in value)
        elif not _fits(value, hints[name]):
            raise _Wrong(name, f"{str(value)[:60]!r} is not a value of {name}.")
        else:
            _check_value(name, value)
    return shape(**values)


_KNOWN_HINTS: dict[type, dict[str, str]] = {}


def _hints(shape: type) -> dict[str, str]:
    if shape not in _KNOWN_HINTS:
        _KNOWN_HINTS[shape] = {name: str(hint) for name, hint in get_type_hints(shape).items()}
    return _KNOWN_HINTS[shape]


def _fits(value: Any, hint: str) -> bool:
    if value is None:
        return "None" in hint
    if "Mapping" in hint:
        return isinstance(value, dict)
    if isinstance(value, bool):
        return hint == "<class 'bool'>"
    if isinstance(value, int):
        return "int" in hint or "float" in hint
    if isinstance(value, float):
        return "float" in hint
    return isinstance(value, str) and hint == "<class 'str'>"


def _check_value(name: str, value: Any) -> None:
    if name in _CHOICES and value not in _CHOICES[name]:
        raise _Wrong(name, f"{str(value)[:60]!r} is not a value of {name}.")
    if name in _DIGESTS and not _SHA256.fullmatch(value):
        raise _Wrong(name, f"{name} is not a SHA-256.")
    if name in _NUMBERS_FROM_1 and value is not None and not 1 <= value < 2**31:
        raise _Wrong(name, f"{value} is not a value of {name}.")
    if name == "frame" and value is not None and not 0 <= value < 2**31:
        raise _Wrong(name, f"{value} is not a frame.")
    if name == "probability" and value is not None and not 0 <= value <= 1:
        raise _Wrong(name, "A probability is 0 to 1.")
    if name == "drawn_share" and value is not None and not 0 <= value <= 1:
        raise _Wrong(name, "A share is 0 to 1.")
    if name == "distance" and value is not None and not 0 <= value < 1e6:
        raise _Wrong(name, "A distance is 0 or more.")
    if name == "sets" and value is not None and not _are_sets(value):
        raise _Wrong(name, "Give emotions, unsure (action units) and coverage (0 to 1).")
    if name == "emotion_probabilities" and value is not None and not _are_chances(value):
        raise _Wrong(name, "Give each emotion a probability of 0 to 1.")
    if isinstance(value, str) and "\0" in value:
        raise _Wrong(name, "A NUL character can't be stored.")


def _are_sets(sets: dict[str, Any]) -> bool:
    try:
        found = PredictionSet.from_json(sets)
    except (TypeError, ValueError):
        return False
    return (
        sets == found.to_json()
        and set(found.emotions) <= set(facs.EMOTIONS)
        and set(found.unsure) <= set(facs.MODEL_ACTION_UNITS)
        and 0 < found.coverage < 1
    )


def _are_chances(chances: dict[str, Any]) -> bool:
    return all(
        name in facs.EMOTIONS
        and isinstance(chance, int | float)
        and not isinstance(chance, bool)
        and 0 <= chance <= 1
        for name, chance in chances.items()
    )
