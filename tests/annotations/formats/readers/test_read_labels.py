"""Reading `data_labels.csv`: no database."""

import pytest

from annotations.formats.readers import ParsedScore, UnreadableSource, detect_layout, read_labels

IMAGE = "S005_001_00000011.png"


def reasons(parsed) -> list[str]:
    return [str(error) for error in parsed.errors]


def test_a_row_is_read_by_column_name(labels):
    labels.image()
    (row,) = read_labels(labels.write(f"{IMAGE},positive,0,1")).rows
    assert (row.subject, row.sequence, row.frame) == ("S005", "001", 11)
    assert (row.emotion, row.basic_emotion) == ("positive", "")
    assert row.action_units == {1: ParsedScore(False), 12: ParsedScore(True)}
    assert row.source == "data_labels.csv:2"
    assert detect_layout(labels.root) == "labels"


def test_columns_may_stand_in_any_order_and_spelling(labels):
    labels.image()
    header = "au_12,AU01,emotion,High_Level_Emotion,FilePath,subject,au6"
    (row,) = read_labels(labels.write(f"1.0,0.0,Fear,Negative,{IMAGE},P-7,", header=header)).rows
    assert row.subject == "P-7"
    assert (row.emotion, row.basic_emotion) == ("negative", "fear")
    assert row.action_units == {1: ParsedScore(False), 12: ParsedScore(True)}  # 6: not coded


@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("bom", [b"", b"\xef\xbb\xbf"])
def test_the_file_may_come_from_any_spreadsheet(labels, separator, end, bom):
    labels.image()
    text = end.join([labels.header, f"{IMAGE},surprise,1,0", "", ""]).replace(",", separator)
    labels.file.write_bytes(bom + text.encode())
    parsed = read_labels(labels.file)
    assert not parsed.errors
    assert parsed.rows[0].emotion == "surprise"


def test_unknown_columns_are_kept_and_demographics_taken(labels):
    labels.image()
    header = f",{labels.header},Note,gender,age_group,ethnicity"
    parsed = read_labels(labels.write(f"0,{IMAGE},,1,0,=x,F,18-29,", header=header))
    (row,) = parsed.rows
    assert row.extra == {"": "0", "Note": "=x"}
    assert row.demographics == {"gender": "female", "age_group": "18-29"}


@pytest.mark.parametrize(
    ("row", "message"),
    [
        (f"{IMAGE},positive,2,1", "data_labels.csv:2: AU1: '2' is not 0 or 1"),
        (f"{IMAGE},positive,0.5,1", "AU1: '0.5' is not 0 or 1"),
        (f"{IMAGE},positive,maybe,1", "AU1: 'maybe' is not 0 or 1"),
        (f"{IMAGE},1,0,1", "high_level_emotion: 1 is a number: give the class by name"),
        (f"{IMAGE},joyful,0,1", "high_level_emotion: Unknown class 'joyful'"),
        (f"{IMAGE},positive,0", "line: Malformed line: 3 values where the header has 4"),
        (f'"{IMAGE}"x,positive,0,1', "line: Malformed line"),
        ("S005_absent.png,positive,0,1", "filepath: Missing image: there is no S005_absent.png"),
        ("nobody.png,positive,0,1", "subject: No subject"),
        (",positive,0,1", "filepath: The file path is empty"),
        (f"../labels/{IMAGE},positive,0,1", "filepath: The path leaves the folder"),
        (f"..\\labels\\{IMAGE},positive,0,1", "filepath: The path leaves the folder"),
        ("/etc/S005.png,positive,0,1", "filepath: The path lies outside"),
        ("C:\\S005.png,positive,0,1", "filepath: A URL or a drive letter"),
        ("https://example.org/S005.png,positive,0,1", "filepath: A URL"),
        ("file:///etc/S005.png,positive,0,1", "filepath: A URL"),
        (f"{IMAGE}\0.png,positive,0,1", "filepath: The file path holds a NUL"),
        ("outside/S005.png,positive,0,1", "filepath: The path lies outside"),
        (f"{'x' * 200_000},positive,0,1", "line: Malformed line: field larger"),
        (f"{'x' * 5000}S005.png,positive,0,1", "filepath: "),
    ],
)
def test_a_bad_row_is_refused_with_line_column_and_reason(labels, tmp_path, row, message):
    labels.image("nobody.png", 60)
    labels.image()
    labels.image("good/S007.png", 80)
    (labels.root / "outside").symlink_to(tmp_path)
    parsed = read_labels(labels.write(row, "good/S007.png,negative,0,1"))
    assert [good.subject for good in parsed.rows] == ["S007"]
    assert any(message in reason for reason in reasons(parsed)), reasons(parsed)
    assert not any(str(tmp_path) in reason for reason in reasons(parsed))


def test_all_that_is_wrong_with_a_row_is_told(labels):
    parsed = read_labels(labels.write("nobody.png,3,7,8"))
    assert [error.field for error in parsed.errors] == [
        "filepath", "subject", "high_level_emotion", "AU1", "AU12",
    ]  # fmt: skip


def test_emotion_and_class_must_agree(labels):
    labels.image()
    header = "filepath,high_level_emotion,emotion,AU1"
    parsed = read_labels(labels.write(f"{IMAGE},positive,anger,1", header=header))
    assert "anger is not within the class positive" in reasons(parsed)[0]


@pytest.mark.parametrize(
    ("header", "message"),
    [
        ("filepath,high_level_emotion,AU1,AU01", "Duplicate column 'AU01' (AU1)"),
        ("filepath,Filepath,high_level_emotion,AU1", "Duplicate column 'Filepath'"),
        ("high_level_emotion,AU1", "Missing column 'filepath'"),
        ("filepath,subject", "Missing columns: neither high_level_emotion nor an action unit"),
        ("filepath,high_level_emotion,AU99", "Unknown action unit: column 'AU99'"),
    ],
)
def test_a_header_that_cannot_be_trusted_refuses_the_file(labels, header, message):
    parsed = read_labels(labels.write(",,,", header=header))
    assert not parsed.rows
    assert message in reasons(parsed)[0]
    assert parsed.errors[0].line == 1


@pytest.mark.parametrize(("header", "row"), [("high_level_emotion", "positive"), ("AU12", "1")])
def test_emotion_alone_or_action_units_alone_are_enough(labels, header, row):
    labels.image()
    parsed = read_labels(labels.write(f"{IMAGE},{row}", header=f"filepath,{header}"))
    assert not parsed.errors
    assert len(parsed.rows) == 1


def test_rows_that_disagree_are_both_refused_naming_the_other(labels):
    labels.image()
    parsed = read_labels(labels.write(f"{IMAGE},positive,0,1", f"./{IMAGE},negative,0,1"))
    assert not parsed.rows
    assert [(error.line, error.message) for error in parsed.errors] == [
        (2, "The same image has other labels in line 3."),
        (3, "The same image has other labels in line 2."),
    ]


def test_copies_of_one_image_that_disagree_are_refused(labels):
    labels.image("S005_a.png", 9)
    labels.image("S005_b.png", 9)
    parsed = read_labels(labels.write("S005_a.png,positive,0,1", "S005_b.png,positive,1,1"))
    assert [error.line for error in parsed.errors] == [2, 3]


def test_two_images_of_one_frame_are_refused(labels):
    labels.image(f"a/{IMAGE}", 9)
    labels.image(f"b/{IMAGE}", 10)
    parsed = read_labels(labels.write(f"a/{IMAGE},positive,0,1", f"b/{IMAGE},positive,0,1"))
    assert not parsed.rows
    assert "Another image has this subject and frame, in line 3" in reasons(parsed)[0]


def test_identical_rows_collapse_into_one(labels):
    labels.image()
    parsed = read_labels(labels.write(f"{IMAGE},positive,0,1", f"{IMAGE},positive,0,1"))
    assert (len(parsed.rows), parsed.errors) == (1, ())


def test_images_without_label_are_skipped_and_counted(labels):
    labels.image()
    labels.image("S006.png", 50)
    labels.image("more/S007.png", 60)
    parsed = read_labels(labels.write(f"{IMAGE},positive,0,1", "S006.png,,,"))
    assert (len(parsed.rows), parsed.errors, parsed.skipped) == (1, (), 2)


def test_paths_start_at_the_root_if_one_is_given(labels, tmp_path):
    labels.image()
    moved = labels.write(f"{IMAGE},positive,0,1").rename(tmp_path / "moved.csv")
    assert read_labels(moved, labels.root).rows[0].source == "moved.csv:2"
    absolute = labels.write(f"{labels.root / IMAGE},positive,0,1")
    assert len(read_labels(absolute).rows) == 1


def test_a_file_that_is_not_utf8_or_not_there_says_so(labels):
    labels.file.write_bytes(f"{labels.header}\n".encode() + b"\xff\xfe,positive,0,1\n")
    assert "data_labels.csv:2: file: The file is not UTF-8" in reasons(read_labels(labels.file))[0]
    labels.file.write_bytes(b"\n")
    assert "The file is empty" in reasons(read_labels(labels.file))[0]
    labels.file.unlink()
    with pytest.raises(UnreadableSource, match="There is no file"):
        read_labels(labels.file)
