"""A tiny demo data set, drawn once for all tests of this folder."""

from pathlib import Path

import pytest

from annotations.synthetic.generator import generate


@pytest.fixture(scope="session")
def size() -> dict[str, int]:
    """What the tiny set was asked for."""
    return {"seed": 7, "subjects": 4, "images": 8}


@pytest.fixture(scope="session")
def tiny_set(tmp_path_factory: pytest.TempPathFactory, size: dict[str, int]) -> tuple[Path, Path]:
    """The data root and the manifest of eight faces of four people."""
    root = tmp_path_factory.mktemp("demo") / "ck"
    return root, generate(root, **size, processes=1)
