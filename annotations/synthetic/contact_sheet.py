"""A contact sheet: many peak frames on one picture, each with its labels."""

from __future__ import annotations

from pathlib import Path

from PIL import Image, ImageDraw

_CAPTION = 14  # pixels


def write_contact_sheet(
    root: Path, target: Path, *, columns: int = 8, rows: int = 6, width: int = 240
) -> Path:
    """Write a grid of peak frames under `root`, spread evenly over the set.

    Parameters
    ----------
    root
        A data set in CK+'s layout.
    target
        The PNG to write.
    columns, rows
        How many cells there are at most.
    width
        Width of one cell in pixels.

    Returns
    -------
    Path
        The target.
    """
    labelled = sorted((root / "FACS").rglob("*_facs.txt"))
    step = max(1, len(labelled) // (columns * rows))
    shown = labelled[::step][: columns * rows]
    height = width * 490 // 640 + _CAPTION
    used_rows = -(-len(shown) // columns)
    sheet = Image.new("RGB", (columns * width, max(1, used_rows) * height), "black")
    draw = ImageDraw.Draw(sheet)
    for index, facs in enumerate(shown):
        left, top = index % columns * width, index // columns * height
        stem = facs.name.removesuffix("_facs.txt")
        folder = facs.parent.relative_to(root / "FACS")
        with Image.open(root / "cohn-kanade-images" / folder / f"{stem}.png") as picture:
            small = picture.convert("RGB").resize((width, height - _CAPTION))
        sheet.paste(small, (left, top))
        draw.text((left + 3, top + height - _CAPTION + 1), _caption(root, facs), fill="white")
    sheet.save(target)
    return target


def _caption(root: Path, facs: Path) -> str:
    """Write subject, emotion number and action units with intensities A to E."""
    stem = facs.name.removesuffix("_facs.txt")
    folder = facs.parent.relative_to(root / "FACS")
    emotion = (root / "Emotion" / folder / f"{stem}_emotion.txt").read_text(encoding="utf-8")
    units = []
    for line in facs.read_text(encoding="utf-8").splitlines():
        unit, level = (int(float(value)) for value in line.split())
        units.append(f"{unit}{' ABCDE'[level].strip()}")
    return f"{stem[:4]} e{int(float(emotion))} {'+'.join(units)}"
