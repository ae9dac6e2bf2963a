"""Layout, formats, determinism and resumption of the written data set."""

import csv
import json
import re
import time
from pathlib import Path

import pytest
from PIL import Image

from annotations.synthetic import generator, population
from annotations.synthetic.__main__ import main


def contents(root: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(root)): path.read_bytes()
        for path in sorted(root.rglob("*"))
        if path.is_file()
    }


def test_layout_is_that_of_ck_plus(tiny_set):
    root, _ = tiny_set
    names = list(contents(root))
    peak = r"S\d{3}/\d{3}/S\d{3}_\d{3}_\d{8}"
    assert sum(bool(re.fullmatch(rf"FACS/{peak}_facs\.txt", name)) for name in names) == 8
    assert sum(bool(re.fullmatch(rf"Emotion/{peak}_emotion\.txt", name)) for name in names) == 8
    frames = [name for name in names if re.fullmatch(rf"cohn-kanade-images/{peak}\.png", name)]
    assert len(frames) == 16
    assert len(names) == 8 + 8 + 16 + 1
    assert any(name.startswith("FACS/S005/") for name in names)


def test_every_label_belongs_to_the_last_frame_of_its_sequence(tiny_set):
    root, _ = tiny_set
    for facs in (root / "FACS").rglob("*_facs.txt"):
        stem = facs.name.removesuffix("_facs.txt")
        folder = facs.parent.relative_to(root / "FACS")
        frames = sorted((root / "cohn-kanade-images" / folder).glob("*.png"))
        assert frames[0].stem.endswith("_00000001")
        assert frames[-1].stem == stem


def test_frames_have_the_size_of_ck_plus_and_one_mode_a_sequence(tiny_set):
    root, _ = tiny_set
    for folder in (root / "cohn-kanade-images").glob("*/*"):
        modes = set()
        for frame in folder.glob("*.png"):
            with Image.open(frame) as picture:
                assert picture.size == (640, 490)
                modes.add(picture.mode)
        assert len(modes) == 1
        assert modes <= {"L", "RGB"}


def test_label_files_hold_floats_as_in_ck_plus(tiny_set):
    root, _ = tiny_set
    number = r"   \d\.\d{7}e\+\d\d"
    for path in (root / "FACS").rglob("*.txt"):
        assert re.fullmatch(rf"({number}{number}\n)+", path.read_text())
        for line in path.read_text().splitlines():
            assert 0 <= float(line.split()[1]) <= 5
    for path in (root / "Emotion").rglob("*.txt"):
        assert re.fullmatch(rf"{number}\n", path.read_text())
        assert 1 <= float(path.read_text()) <= 7


def test_subjects_table(tiny_set):
    root, _ = tiny_set
    with (root / "subjects.csv").open(newline="") as lines:
        rows = list(csv.DictReader(lines))
    assert list(rows[0]) == ["code", "gender", "age_group", "ethnicity"]
    assert {row["code"] for row in rows} == {
        path.name for path in (root / "cohn-kanade-images").iterdir()
    }


def test_manifest_lies_outside_and_tells_what_was_planted(tiny_set):
    root, manifest = tiny_set
    assert manifest == root.parent / "ck-manifest.json"
    content = json.loads(manifest.read_text())
    assert content["seed"] == 7
    assert content["counts"]["peak_frames"] == 8
    (wrong,) = content["wrong_emotions"]
    assert (root / wrong["path"]).exists()
    stem = Path(wrong["path"]).stem
    (written,) = (root / "Emotion").rglob(f"{stem}_emotion.txt")
    code = generator.EMOTION_CODES[wrong["written_emotion"]]
    assert int(float(written.read_text())) == code
    assert wrong["true_emotion"] != wrong["written_emotion"]
    assert content["hard_light_group"]["description"]
    assert content["overread_group"]["unit"] == 6
    assert content["wrong_action_units"] == []  # of one face without it, half is none


def test_an_overread_unit_is_written_faintly_and_in_the_manifest(tmp_path):
    drawn = population.sample(20, 20, 80)
    generator._write_labels(tmp_path, drawn)
    wrong = {face.stem: face for face in drawn.faces if face.overread}
    listed = generator._manifest(generator.Request(20, 20, 80), drawn)["wrong_action_units"]
    assert len(wrong) > 1
    assert {Path(each["path"]).stem for each in listed} == set(wrong)
    for stem, face in wrong.items():
        (written,) = (tmp_path / "FACS").rglob(f"{stem}_facs.txt")
        rows = [tuple(map(float, line.split())) for line in written.read_text().splitlines()]
        assert {unit for unit, _ in rows} == {*face.intensities, 6}
        assert dict(rows)[6] in (1, 2)


def test_same_seed_gives_same_bytes_whatever_the_processes(tiny_set, size, tmp_path):
    root, manifest = tiny_set
    again = generator.generate(tmp_path / "ck", **size, processes=2)
    assert contents(tmp_path / "ck") == contents(root)
    assert again.read_bytes() == manifest.read_bytes()


def test_another_seed_replaces_the_set(tmp_path):
    root = tmp_path / "ck"
    generator.generate(root, seed=1, subjects=1, images=1, processes=1)
    first = contents(root)
    generator.generate(root, seed=2, subjects=1, images=1, processes=1)
    assert set(first) != set(contents(root)) or first != contents(root)
    assert len(contents(root)) == 5


def test_a_complete_set_is_left_alone(tiny_set, size, monkeypatch):
    root, _ = tiny_set
    monkeypatch.setattr(generator, "_write_pictures", pytest.fail)
    calls = []
    started = time.monotonic()
    generator.generate(root, **size, progress=lambda *call: calls.append(call))
    assert time.monotonic() - started < 0.5
    assert calls == [(8, 8)]


def test_an_interrupted_run_is_completed_and_not_redrawn(tiny_set, size, tmp_path, monkeypatch):
    root = tmp_path / "ck"

    def interrupt(done: int, total: int) -> None:
        if done == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        generator.generate(root, **size, processes=1, progress=interrupt)
    assert not generator.manifest_path(root).exists()
    drawn = []
    draw = generator.draw_pair
    monkeypatch.setattr(
        generator, "draw_pair", lambda seed, face: drawn.append(face.index) or draw(seed, face)
    )
    generator.generate(root, **size, processes=1)
    assert drawn == [3, 4, 5, 6, 7]
    assert contents(root) == contents(tiny_set[0])
    assert sorted(path.name for path in tmp_path.iterdir()) == ["ck", "ck-manifest.json"]


def test_files_of_somebody_else_are_never_touched(size, tmp_path):
    (tmp_path / "ck").mkdir()
    (tmp_path / "ck" / "thesis.txt").write_text("mine")
    with pytest.raises(FileExistsError):
        generator.generate(tmp_path / "ck", **size)
    assert contents(tmp_path / "ck") == {"thesis.txt": b"mine"}


@pytest.mark.parametrize(("subjects", "images"), [(0, 3), (4, 3), (991, 1000)])
def test_impossible_sizes_are_refused(tmp_path, subjects, images):
    with pytest.raises(ValueError, match="subjects"):
        generator.generate(tmp_path / "ck", subjects=subjects, images=images)


def test_command_line_writes_a_contact_sheet(tiny_set, tmp_path, capsys):
    root, manifest = tiny_set
    sheet = tmp_path / "sheet.png"
    arguments = [str(root), "--seed", "7", "--subjects", "4", "--images", "8"]
    assert main([*arguments, "--contact-sheet", str(sheet)]) == 0
    assert capsys.readouterr().out.splitlines() == [str(manifest), str(sheet)]
    with Image.open(sheet) as picture:
        assert picture.size[0] == 8 * 240
