"""Reading CK+ as distributed: no database."""

import pytest

from annotations import facs
from annotations.formats.readers import ParsedScore, UnreadableSource, detect_layout, read_ckplus

STEM = "S005_001_00000011"
AU9_AND_12 = "   9.0000000e+00   3.0000000e+00\n   1.2000000e+01   0.0000000e+00\n"
HAPPY = "   5.0000000e+00\n"


def reasons(parsed) -> list[str]:
    return [str(error) for error in parsed.errors]


def test_a_peak_frame_carries_its_whole_reading(ck):
    ck.add(STEM, AU9_AND_12, HAPPY)
    (row,) = read_ckplus(ck.root).rows
    assert (row.subject, row.sequence, row.frame) == ("S005", "001", 11)
    assert (row.emotion, row.basic_emotion) == ("positive", "happy")
    assert row.source == "S005_001_00000011_facs.txt"


def test_intensity_0_is_present_and_a_unit_without_row_is_absent(ck):
    ck.add(STEM, AU9_AND_12)
    (row,) = read_ckplus(ck.root).rows
    assert row.action_units[12] == ParsedScore(True, "")
    assert row.action_units[9] == ParsedScore(True, "C")
    assert row.action_units[1] == ParsedScore(False)
    assert set(row.action_units) == {9, *facs.MODEL_ACTION_UNITS}


@pytest.mark.parametrize(
    ("number", "basic", "high"),
    [
        (0, "neutral", ""), (1, "anger", "negative"), (2, "contempt", "negative"),
        (3, "disgust", "negative"), (4, "fear", "negative"), (5, "happy", "positive"),
        (6, "sadness", "negative"), (7, "surprise", "surprise"),
    ],
)  # fmt: skip
def test_emotion_numbers_are_mapped_by_name(ck, number, basic, high):
    ck.add(STEM, emotion=f"   {number}.0000000e+00\n")
    (row,) = read_ckplus(ck.root).rows
    assert (row.basic_emotion, row.emotion) == (basic, high)
    assert row.action_units == {}


def test_a_missing_emotion_file_is_no_label_and_an_empty_folder_is_fine(ck):
    ck.add(STEM, AU9_AND_12)
    assert (ck.emotion / "S005" / "001").is_dir()
    (row,) = read_ckplus(ck.root).rows
    assert (row.basic_emotion, row.emotion) == ("", "")


def test_a_sequence_without_label_is_skipped_and_its_other_frames_are_not_read(ck):
    ck.add(STEM, AU9_AND_12)
    ck.add("S005_001_00000001")
    ck.add("S006_002_00000001")
    ck.add("S006_002_00000009")
    parsed = read_ckplus(ck.root)
    assert len(parsed.rows) == 1
    assert parsed.skipped == 1
    assert not parsed.errors


def test_what_macos_leaves_is_ignored(ck):
    ck.add(STEM, AU9_AND_12, HAPPY)
    for folder in (ck.facs, ck.emotion, ck.facs / "S005" / "001", ck.root / "cohn-kanade-images"):
        (folder / ".DS_Store").write_bytes(b"\0\1")
        (folder / f"._{STEM}_facs.txt").write_bytes(b"\0\1")
    parsed = read_ckplus(ck.root)
    assert (len(parsed.rows), parsed.errors, parsed.skipped) == (1, (), 0)


def test_label_folders_may_carry_the_zips_names(ck):
    ck.add(STEM, AU9_AND_12, HAPPY)
    ck.facs.rename(ck.root / "FACS_labels")
    ck.emotion.rename(ck.root / "Emotion_labels")
    assert detect_layout(ck.root) == "ckplus"
    assert read_ckplus(ck.root).rows[0].emotion == "positive"


@pytest.mark.parametrize(
    ("facs_text", "emotion_text", "message"),
    [
        ("   2.0000000e+00\n", None, "facs.txt: facs: A single number is UNBC-McMaster"),
        ("3 1\n", None, "facs.txt:1: facs: Unknown action unit AU3"),
        ("9 6\n", None, "facs.txt:1: facs: AU9 has intensity 6: CK+ has 0 to 5"),
        ("9 -1\n", None, "AU9 has intensity -1"),
        ("9 2.5\n", None, "Malformed line '9 2.5'"),
        ("9 x\n", None, "Malformed line '9 x'"),
        ("9 nan\n", None, "Malformed line"),
        ("9 inf\n", None, "Malformed line"),
        ("9 1 1\n", None, "Malformed line"),
        ("9 1\n9 2\n", None, "facs.txt:2: facs: AU9 has another intensity in line 1"),
        ("\n", None, "the file is empty"),
        (None, "8\n", "emotion.txt:1: emotion: Unknown emotion 8"),
        (None, "happy\n", "emotion.txt:1: emotion: Malformed line"),
        (None, "", "Malformed: expected one number, found 0"),
        (None, "1 2", "Malformed: expected one number, found 2"),
    ],
)
def test_a_bad_label_file_refuses_its_image_and_says_why(ck, facs_text, emotion_text, message):
    ck.add(STEM, facs_text, emotion_text)
    ck.add("S006_001_00000004", AU9_AND_12)
    parsed = read_ckplus(ck.root)
    assert [row.subject for row in parsed.rows] == ["S006"]
    assert len(parsed.errors) == 1
    assert message in reasons(parsed)[0]
    assert str(ck.root) not in reasons(parsed)[0]


@pytest.mark.parametrize("number", sorted(facs.ACTION_UNITS))
def test_every_number_of_the_manual_is_known(ck, number):
    ck.add(STEM, f"   {number:.7e}   0.0000000e+00\n   2.1000000e+01   0.0000000e+00\n")
    (row,) = read_ckplus(ck.root).rows
    assert row.action_units[number].present


@pytest.mark.parametrize(
    ("text", "present", "absent_too"),
    [
        ("9 3\n12 7\n", {9: "C"}, True),  # AU12's own row is bad: it is not coded
        ("9 3\n12 1\n12 2\n", {9: "C"}, True),
        ("9 3\n99 1\n", {9: "C"}, False),  # who knows which unit was meant
        ("9 3\nx\n", {9: "C"}, False),
    ],
)
def test_a_bad_row_is_refused_alone_and_calls_nothing_absent(ck, text, present, absent_too):
    ck.add(STEM, text, "3")
    parsed = read_ckplus(ck.root)
    assert len(parsed.errors) == 1
    (row,) = parsed.rows
    told = {au: score.intensity for au, score in row.action_units.items() if score.present}
    assert told == present
    assert 12 not in row.action_units
    assert (1 in row.action_units) is absent_too


@pytest.mark.parametrize(
    ("text", "present"),
    [
        ("1B+2C+12D", {1: ("B", ""), 2: ("C", ""), 12: ("D", "")}),
        ("6+12\n", {6: ("", ""), 12: ("", "")}),
        ("12\n", {12: ("", "")}),
        ("L12A\nR14\n", {12: ("A", "L"), 14: ("", "R")}),
        ("L12B+R12B", {12: ("B", "")}),
        ("L12A+R12C", {12: ("", "")}),  # on both sides; which letter holds for both, nobody said
        ("AU 6, AU 12b", {6: ("", ""), 12: ("B", "")}),
        ("12 C\n25 a\n", {12: ("C", ""), 25: ("A", "")}),
    ],
)
def test_combinations_as_coders_write_them_are_read(ck, text, present):
    ck.add(STEM, text)
    parsed = read_ckplus(ck.root)
    assert not parsed.errors
    scores = parsed.rows[0].action_units
    told = {au: (score.intensity, score.side) for au, score in scores.items() if score.present}
    assert told == present
    assert scores[4] == ParsedScore(False)


def test_a_bad_emotion_file_is_no_fault_of_the_action_units(ck):
    ck.add(STEM, AU9_AND_12, "9")
    parsed = read_ckplus(ck.root)
    assert len(parsed.errors) == 1
    assert parsed.rows[0].action_units[12].present
    assert parsed.rows[0].emotion == ""


def test_pictures_and_labels_are_found_at_any_depth_and_case(ck):
    ck.add(STEM, AU9_AND_12, HAPPY)
    deep = ck.root / "extended-cohn-kanade-images"
    deep.mkdir()
    (ck.root / "cohn-kanade-images").rename(deep / "Cohn-Kanade-Images")
    ck.facs.rename(ck.root / "facs")
    ck.emotion.rename(deep / "EMOTION_LABELS")
    picture = next(deep.rglob("*.png"))
    picture.rename(picture.with_name(picture.name.lower().replace(".png", ".PNG")))
    (row,) = read_ckplus(ck.root).rows
    assert (row.subject, row.basic_emotion) == ("S005", "happy")


def test_copies_outside_of_ckplus_own_folder_are_not_its_pictures(ck):
    ck.add(STEM, AU9_AND_12, HAPPY)
    (ck.root / "thumbnails").mkdir()
    (ck.root / "thumbnails" / f"{STEM}.png").write_bytes(b"small")
    (row,) = read_ckplus(ck.root).rows
    assert "cohn-kanade-images" in row.path.parts


def test_pictures_without_labels_come_too_when_asked(ck):
    ck.add(STEM, AU9_AND_12)
    ck.add("S005_001_00000001")  # the neutral frame of a labelled sequence
    ck.add("S006_002_00000001")
    rows = read_ckplus(ck.root, unlabelled=True).rows
    assert [(row.subject, row.frame, row.is_labelled) for row in rows] == [
        ("S005", 11, True), ("S006", 1, False),
    ]  # fmt: skip


def test_every_bad_line_of_a_file_is_told(ck):
    ck.add(STEM, "9 9\n12 1\n99 1\n", "9")
    assert len(read_ckplus(ck.root).errors) == 3


def test_a_label_without_image_is_refused(ck):
    ck.add(STEM, AU9_AND_12, HAPPY, image=False)
    parsed = read_ckplus(ck.root)
    assert not parsed.rows
    assert reasons(parsed) == [
        f"FACS/S005/001/{STEM}_facs.txt: image: Label without image: there is no "
        f"cohn-kanade-images/S005/001/{STEM}.png."
    ]


def test_two_files_that_label_one_frame_differently_are_refused(ck):
    ck.add(STEM, AU9_AND_12)
    other = ck.root / "FACS_labels" / "S005"
    other.mkdir(parents=True)
    (other / f"{STEM}_facs.txt").write_text("1 1\n")
    parsed = read_ckplus(ck.root)
    assert not parsed.rows
    assert f"other labels in FACS/S005/001/{STEM}_facs.txt" in reasons(parsed)[0]


def test_subjects_csv_fills_in_demographics_and_its_bad_rows_are_told(ck):
    ck.add(STEM, AU9_AND_12)
    (ck.root / "subjects.csv").write_text(
        "code,gender,age_group,ethnicity\nS005,Female,18-29,\nS006,robot,,\nS005,male,,\n"
    )
    parsed = read_ckplus(ck.root)
    assert parsed.rows[0].demographics == {"gender": "female", "age_group": "18-29"}
    assert [error.line for error in parsed.errors] == [3, 4]


def test_a_folder_of_neither_layout_is_refused_naming_both(tmp_path):
    for read in (read_ckplus, detect_layout):
        with pytest.raises(UnreadableSource, match=r"cohn-kanade-images.*data_labels\.csv") as told:
            read(tmp_path)
        assert str(tmp_path) not in str(told.value)


def test_what_is_missing_is_named(ck):
    ck.add(STEM)
    with pytest.raises(UnreadableSource, match=r"pictures but no labels.*FACS_labels/"):
        read_ckplus(ck.root)
    ck.add(STEM, "12 1\n", image=False)
    for path in [*ck.root.rglob("*.png")]:
        path.unlink()
    for path in sorted((ck.root / "cohn-kanade-images").rglob("*"), reverse=True):
        path.rmdir()
    (ck.root / "cohn-kanade-images").rmdir()
    with pytest.raises(UnreadableSource, match=r"no pictures.*cohn-kanade-images/"):
        read_ckplus(ck.root)
