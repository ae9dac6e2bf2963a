"""Tiny data sets in both layouts, drawn in the test's own folder."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

from annotations.models import ActionUnitScore, Coder, Coding, Face, Subject


@pytest.fixture(autouse=True)
def media(settings, tmp_path) -> Path:
    settings.MEDIA_ROOT = tmp_path / "media"
    return tmp_path / "media"


@pytest.fixture
def state(media):
    """Every row and every file that an import can write."""

    def look() -> dict[str, int]:
        counts = {
            model.__name__: model.objects.count()
            for model in (Subject, Face, Coder, Coding, ActionUnitScore)
        }
        return {**counts, "files": sum(path.is_file() for path in media.rglob("*"))}

    return look


def draw(path: Path, shade: int, *, colour: bool = False) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    mode, fill = ("RGB", (shade, 10, 20)) if colour else ("L", shade)
    Image.new(mode, (16, 12), fill).save(path)
    return path


class CkPlus:
    """A folder in CK+'s layout that tests fill sequence by sequence."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.facs, self.emotion = root / "FACS", root / "Emotion"
        for folder in (root / "cohn-kanade-images", self.facs, self.emotion):
            folder.mkdir(parents=True)
        self.drawn = 0

    def add(
        self, stem: str, facs: str | None = None, emotion: str | None = None, *, image: bool = True
    ) -> str:
        subject, sequence, _ = stem.split("_")
        if image:
            self.drawn += 1
            folder = self.root / "cohn-kanade-images" / subject / sequence
            draw(folder / f"{stem}.png", 20 + self.drawn, colour=bool(self.drawn % 2))
        for tree, kind, text in ((self.facs, "facs", facs), (self.emotion, "emotion", emotion)):
            (tree / subject / sequence).mkdir(parents=True, exist_ok=True)
            if text is not None:
                (tree / subject / sequence / f"{stem}_{kind}.txt").write_text(text)
        return stem


@pytest.fixture
def ck(tmp_path) -> CkPlus:
    return CkPlus(tmp_path / "CK+")


class Labels:
    """A `data_labels.csv` with its images beside it."""

    header = "filepath,high_level_emotion,AU1,AU12"

    def __init__(self, root: Path) -> None:
        self.root, self.file = root, root / "data_labels.csv"
        root.mkdir()

    def image(self, name: str = "S005_001_00000011.png", shade: int = 40) -> str:
        draw(self.root / name, shade)
        return name

    def write(self, *rows: str, header: str | None = None) -> Path:
        text = "\n".join([header or self.header, *rows]) + "\n"
        self.file.write_text(text, encoding="utf-8", newline="")
        return self.file


@pytest.fixture
def labels(tmp_path) -> Labels:
    return Labels(tmp_path / "labels")
