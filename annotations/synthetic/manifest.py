"""The manifest of a drawn data set, read without anything that draws."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

TREES = ("cohn-kanade-images", "FACS", "Emotion")


def manifest_path(root: Path) -> Path:
    """Return the manifest's path: beside `root`, so that no importer reads it."""
    return root.parent / f"{root.name}-manifest.json"


def drawn_digests(root: Path) -> frozenset[str] | None:
    """Return the sha256 of every picture that the generator wrote below `root`.

    None where `root` is no complete set of its making.
    """
    if not read_manifest(manifest_path(root)).get("request"):
        return None
    return frozenset(
        hashlib.sha256(path.read_bytes()).hexdigest() for path in (root / TREES[0]).rglob("*.png")
    )


def read_manifest(path: Path) -> dict[str, Any]:
    """Return what stands in a manifest or stamp; nothing where there is none."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}
