"""Label Studio's JSON and JSON-MIN: choices of emotions and action units on pictures.

Label Studio's documentation, "Export annotations": a task has `data` with the picture's address and
`annotations`, one a person (`completed_by`), each with `result`s; of these, those of the type
`choices` are read. JSON-MIN has one flat object an annotation.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from annotations import facs
from annotations.formats.readers.columns import SEEMS_A_UNIT
from annotations.formats.readers.emotions import NAMES
from annotations.formats.readers.facs_codes import joined, parse_code
from annotations.formats.readers.paths import IMAGE_SUFFIXES
from annotations.formats.rows import ParsedScore, Refused

_UPLOADED = re.compile(r"\A[0-9a-f]{8}-(?=.)")
_UNIT = re.compile(r"\A(?:[LRTB] ?)?(?:AU|AD)[ _-]?\d{1,2}[A-E]?\b|\A[LRTB]?\d{1,2}[A-E]?\Z", re.I)
_BY_NAME = {unit.name.lower(): number for number, unit in facs.ACTION_UNITS.items()}
#: Keys of JSON-MIN that hold no choices.
_ABOUT = {
    "id", "annotation_id", "annotator", "created_at", "updated_at", "lead_time", "agreement",
    "inner_id", "total_annotations", "cancelled_annotations", "project",
}  # fmt: skip


@dataclass
class Annotation:
    """One person's choices for one picture, or what is wrong with them.

    Attributes
    ----------
    number
        The task's place in the file, from 1.
    """

    number: int
    #: Names that the picture may have, the surest first; empty where the task names none.
    pictures: tuple[str, ...]
    coder: str = ""
    emotion: str = ""
    basic_emotion: str = ""
    action_units: dict[int, ParsedScore] = field(default_factory=dict)
    error: Refused | None = None


@dataclass
class Export:
    """Every annotation, and what stands beside them and was not read: words -> how often."""

    annotations: list[Annotation] = field(default_factory=list)
    not_read: Counter[str] = field(default_factory=Counter)


def is_label_studio(data: Any) -> bool:
    """Tell whether JSON is a list of Label Studio's tasks, or of JSON-MIN's flat ones.

    Parameters
    ----------
    data
        As `json.loads` makes it; a single task does for a list. The first one decides.
    """
    if isinstance(data, dict):
        data = [data]
    if not isinstance(data, list) or not data or not isinstance(data[0], dict):
        return False
    first = data[0]
    if isinstance(first.get("data"), dict):
        return bool({"annotations", "completions", "predictions"} & first.keys())
    return "annotation_id" in first or ({"annotator", "lead_time"} <= first.keys())


def read_label_studio(data: Any) -> Export:
    """Read what `is_label_studio` recognised; a task that is none is refused by itself.

    Parameters
    ----------
    data
        As `json.loads` makes it.

    Returns
    -------
    Export
        An annotation for each person and picture, by Label Studio's documentation, "Export
        annotations". What was chosen is present; what wasn't was not coded.

    Examples
    --------
    >>> task = {"image": "/data/upload/1/1a2b3c4d-a.png", "mood": "happy", "annotation_id": 1}
    >>> found = read_label_studio([{**task, "AU": {"choices": ["12C"]}, "annotator": "Ada"}])
    >>> found.annotations[0].emotion, found.annotations[0].action_units, found.annotations[0].coder
    ('positive', {12: ParsedScore(present=True, intensity='C', side='')}, 'Ada')
    """
    export = Export()
    for number, task in enumerate(data if isinstance(data, list) else [data], start=1):
        if not isinstance(task, dict):
            wrong = Refused("task", "A task is a JSON object.")
            export.annotations.append(Annotation(number, (), error=wrong))
        elif isinstance(task.get("data"), dict):
            export.annotations += _of_task(number, task, export.not_read)
        else:
            export.annotations.append(_of_flat(number, task, export.not_read))
    return export


def picture_names(address: str) -> tuple[str, ...]:
    """Return names that the picture at `address` may have come in under.

    Label Studio puts eight hexadecimal digits and a dash before an upload's name.

    Parameters
    ----------
    address
        A path or URL as a task's `data` has it.

    Returns
    -------
    tuple of str
        The surest first: the name as it is, and without what Label Studio puts before it. Empty
        where the address ends in no name.

    Examples
    --------
    >>> picture_names("/data/upload/3/1a2b3c4d-S005_001_00000011.png")
    ('1a2b3c4d-S005_001_00000011.png', 'S005_001_00000011.png')
    >>> picture_names("/data/local-files/?d=faces/anna%201.png"), picture_names("s3://b/x.jpg?k=1")
    (('faces/anna 1.png',), ('x.jpg',))
    """
    parts = urlsplit(address.strip().replace("\\", "/"))
    local = parse_qs(parts.query).get("d") if "local-files" in parts.path else None
    path = PurePosixPath(local[0] if local else unquote(parts.path))
    if not path.name:
        return ()
    plain = _UPLOADED.sub("", path.name)
    name = str(path) if local else path.name
    return (name,) if plain == path.name else (name, plain)


def _of_task(number: int, task: Mapping[str, Any], not_read: Counter[str]) -> Iterator[Annotation]:
    pictures = _pictures(task["data"], task.get("file_upload"))
    if task.get("predictions"):
        not_read["predictions of models in Label Studio"] += len(task["predictions"])
    done = task.get("annotations", task.get("completions")) or []
    for given in done if isinstance(done, list) else []:
        if not isinstance(given, dict) or given.get("was_cancelled"):
            not_read["annotations that were skipped or cancelled"] += 1
            continue
        if isinstance(given.get("result"), list):
            choices = list(_choices(given["result"], not_read))
            coder = _coder(given.get("completed_by"))
            yield _annotation(number, pictures, coder, choices, not_read)
        else:
            not_read["annotations without results (export as JSON, not as a snapshot of ids)"] += 1
    if not done:
        not_read["tasks that nobody annotated"] += 1


def _of_flat(number: int, task: Mapping[str, Any], not_read: Counter[str]) -> Annotation:
    pictures = _pictures(task, None)
    choices: list[tuple[str, str]] = []
    for key, value in task.items():
        if key in _ABOUT or _is_picture(value):
            continue
        if isinstance(value, dict) and isinstance(value.get("choices"), list):
            choices += [(key, str(choice)) for choice in value["choices"]]
        elif isinstance(value, str):
            choices.append((key, value))
        elif value:
            not_read[f"{key[:60]!r}, which holds no choices"] += 1
    return _annotation(number, pictures, _coder(task.get("annotator")), choices, not_read)


def _choices(results: list[Any], not_read: Counter[str]) -> Iterator[tuple[str, str]]:
    """Yield each choice as (control's name, choice)."""
    for result in results:
        value = result.get("value") if isinstance(result, dict) else None
        kind = str(result.get("type", "")) if isinstance(result, dict) else ""
        if isinstance(value, dict) and isinstance(value.get("choices"), list):
            for choice in value["choices"]:
                yield str(result.get("from_name", "choice")), str(choice)
        else:
            not_read[f"results of the type {kind[:40]!r}; choices are read"] += 1


def _annotation(
    number: int,
    pictures: tuple[str, ...],
    coder: str,
    choices: list[tuple[str, str]],
    not_read: Counter[str],
) -> Annotation:
    found = Annotation(number, pictures, coder)
    units: dict[int, list[ParsedScore]] = {}
    emotions: set[str] = set()
    classes: set[str] = set()
    for control, choice in choices:
        unit, emotion = _unit(choice, control), NAMES.get(choice.strip().lower())
        if unit is not None:
            units.setdefault(unit[0], []).append(unit[1])
        elif choice.strip().lower() in facs.EMOTIONS and choice.strip().lower() != "surprise":
            classes.add(choice.strip().lower())
        elif emotion:
            emotions.add(emotion)
        else:
            not_read[f"choice {choice[:60]!r} of {control[:40]!r}"] += 1
    try:
        found.basic_emotion, found.emotion = _emotion(emotions, classes)
        found.action_units = {au: joined(au, scores) for au, scores in sorted(units.items())}
    except Refused as refused:
        found.error = refused
    if not pictures:
        found.error = Refused("data", "The task names no picture.")
    return found


def _emotion(emotions: set[str], classes: set[str]) -> tuple[str, str]:
    """Return the basic emotion and the class. Raises Refused where two can't both be chosen."""
    high = classes | {facs.HIGH_LEVEL[name] for name in emotions if name in facs.HIGH_LEVEL}
    if len(high) > 1 or ("neutral" in emotions and len(emotions | classes) > 1):
        chosen = ", ".join(sorted(emotions | classes))
        raise Refused("emotion", f"Several emotions are chosen: {chosen}; a face has one class.")
    basic = emotions.pop() if len(emotions) == 1 else ""
    return basic, high.pop() if high else ""


def _unit(choice: str, control: str) -> tuple[int, ParsedScore] | None:
    """Read `AU12`, `AU12 Lip corner puller`, `L12C`, or the unit's name alone.

    A lone `12` may be anything: it is a unit where its control is called after action units.
    """
    text = choice.strip()
    match = _UNIT.match(text)
    if match and text.isdecimal() and not SEEMS_A_UNIT.search(control):
        return None
    try:
        return parse_code(match[0].replace("-", "")) if match else _named(text)
    except Refused:
        return None


def _named(text: str) -> tuple[int, ParsedScore] | None:
    number = _BY_NAME.get(text.lower())
    return None if number is None else (number, ParsedScore(True))


def _coder(who: Any) -> str:
    """Return an annotator's name, as far as the export tells it; "" where it doesn't."""
    if isinstance(who, dict):
        for key in ("email", "username"):
            if who.get(key):
                return str(who[key])
        name = " ".join(str(who.get(key) or "") for key in ("first_name", "last_name")).strip()
        return name or _coder(who.get("id"))
    if isinstance(who, bool) or who is None or who == "":
        return ""
    return f"Label Studio user {who}" if isinstance(who, int) else str(who)


def _pictures(data: Mapping[str, Any], uploaded: Any) -> tuple[str, ...]:
    """Return the names of the first value that is a picture's address, then those of the upload."""
    found: list[str] = []
    preferred = sorted(data, key=lambda key: key not in {"image", "img", "picture", "photo"})
    address = next((str(data[key]) for key in preferred if _is_picture(data[key])), "")
    for each in (address, str(uploaded or "")):
        found += [name for name in picture_names(each) if name not in found]
    return tuple(found)


def _is_picture(value: Any) -> bool:
    if not isinstance(value, str):
        return False
    names = picture_names(value)
    return bool(names) and PurePosixPath(names[0]).suffix.lower() in IMAGE_SUFFIXES
