"""A network's file that depends on the network alone: no dates, nothing drawn by the process."""

from __future__ import annotations

import json
import re
import zipfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

_METADATA, _CONFIG = "metadata.json", "config.json"
_SHARED = "shared_object_id"


def save_network(network: Any, path: Path) -> None:
    """Write a network so that the same network is the same file, byte by byte.

    Keras writes the hour into the archive; it names what has no name by how many of its kind the
    process built before ("dense_7"), into the configuration as well as beside the weights; and it
    calls what is shared by its address in memory.

    Parameters
    ----------
    network
        A functional Keras model; what the process named in it is renamed.
    path
        The new file; its name ends in ".keras".
    """
    name_by_place(network)
    dated = path.with_name(f"dated-{path.name}")
    network.save(dated)
    _rewrite_undated(dated, path)
    dated.unlink()


def name_by_place(network: Any) -> None:
    """Rename whatever the process named, by its place within its model.

    Parameters
    ----------
    network
        A functional Keras model; names that were given stay.
    """
    for model in _models(network):
        given = {each.name for each in model.operations if not _is_drawn(each)}
        numbers: Counter[str] = Counter()
        for each in model.operations:
            if _is_drawn(each):
                each.name = _free_name(each, numbers, given)
            generator = getattr(each, "seed_generator", None)
            if generator is not None:
                generator.name = "seed_generator"


def _models(network: Any) -> Iterator[Any]:
    """Yield a functional model and those within it, each once."""
    seen, waiting = set(), [network]
    while waiting:
        model = waiting.pop()
        if id(model) in seen:
            continue
        seen.add(id(model))
        yield model
        waiting += [each for each in model.operations if hasattr(each, "operations")]


def _is_drawn(operation: Any) -> bool:
    """Tell whether Keras named an operation: after its class, with a number from the second on."""
    kind = re.sub(r"_\d+$", "", operation.name).replace("_", "")
    return kind == type(operation).__name__.lower()


def _free_name(operation: Any, numbers: Counter[str], given: set[str]) -> str:
    """Return a name after the operation's class that nothing else of the model has."""
    kind = type(operation).__name__.lower()
    while True:
        numbers[kind] += 1
        name = f"{kind}_{numbers[kind]}"
        if name not in given:
            return name


def _rewrite_undated(source: Path, target: Path) -> None:
    """Copy an archive without compression, in the order of names, as of 1980."""
    with zipfile.ZipFile(source) as dated, zipfile.ZipFile(target, "w") as undated:
        for name in sorted(dated.namelist()):
            content = dated.read(name)
            if name == _METADATA:
                known = json.loads(content)
                known.pop("date_saved", None)
                content = json.dumps(known, sort_keys=True).encode()
            elif name == _CONFIG:
                content = json.dumps(_numbered(json.loads(content), {})).encode()
            undated.writestr(zipfile.ZipInfo(name), content)


def _numbered(part: Any, numbers: dict[int, int]) -> Any:
    """Return a part of a configuration with addresses of shared objects numbered by appearance."""
    if isinstance(part, dict):
        return {
            key: numbers.setdefault(value, len(numbers) + 1)
            if key == _SHARED
            else _numbered(value, numbers)
            for key, value in part.items()
        }
    return [_numbered(each, numbers) for each in part] if isinstance(part, list) else part
