"""What an import writes, and what it leaves alone."""

import os

import pytest

from annotations.formats.readers import UnreadableSource, read_ckplus, read_labels
from annotations.models import Coding, Face, Subject
from annotations.synthetic.generator import generate
from annotations.transfers.import_rows import import_folder, import_rows
from annotations.transfers.options import ImportOptions

pytestmark = pytest.mark.django_db

#: A dry run finds what the import finds.
BOTH = (ImportOptions(dry_run=True), ImportOptions())

STEM = "S005_001_00000011"
AUS = "   9.0000000e+00   3.0000000e+00\n   1.2000000e+01   0.0000000e+00\n"


@pytest.fixture
def two(ck):
    ck.add(STEM, AUS, "6")
    ck.add("S006_002_00000007", "12 5\n")
    return ck


def test_faces_codings_and_demographics_are_written(two):
    (two.root / "subjects.csv").write_text("code,gender,age_group,ethnicity\nS005,f,18-29,\n")
    report = import_folder(two.root)
    assert (report.faces_created, report.codings_created, report.errors) == (2, 2, ())
    face = Face.objects.get(subject__code="S005")
    assert (face.sequence, face.frame, face.width) == ("001", 11, 16)
    assert (face.subject.gender, face.subject.age_group) == ("female", "18-29")
    coding = Coding.objects.get(face=face, is_accepted=True)
    assert (coding.coder.name, coding.coder_kind) == ("CK+", "import")
    assert (coding.emotion, coding.basic_emotion) == ("negative", "sadness")
    assert coding.source == f"{STEM}_facs.txt"
    assert coding.scores.get(au=9).intensity == "C"
    assert coding.scores.get(au=12).present and not coding.scores.get(au=12).intensity
    assert not coding.scores.get(au=1).present
    assert {face.colour_mode for face in Face.objects.all()} == {"greyscale", "rgb"}


def test_importing_twice_changes_nothing(two, state):
    import_folder(two.root)
    before = state()
    report = import_folder(two.root)
    assert (report.faces_created, report.codings_created, report.unchanged) == (0, 0, 2)
    assert state() == before


def test_a_coders_corrected_label_becomes_the_truth_and_the_former_stays(two):
    import_folder(two.root)
    (two.emotion / "S005" / "001" / f"{STEM}_emotion.txt").write_text("5")
    dry = import_folder(two.root, coder_name="CK+", dry_run=True)
    report = import_folder(two.root, coder_name="CK+")
    assert dry == report
    assert (report.codings_created, report.unchanged) == (1, 1)
    assert report.truths_changed == {"CK+": 1}
    codings = Coding.objects.filter(face__subject__code="S005")
    assert codings.count() == 2
    assert codings.get(is_accepted=True).emotion == "positive"


def test_a_dry_run_finds_the_same_and_writes_nothing(two, state):
    broken = two.root / "cohn-kanade-images" / "S006" / "002" / "S006_002_00000007.png"
    broken.write_bytes(b"GIF89a")
    before = state()
    dry = import_folder(two.root, dry_run=True)
    assert state() == before
    wet = import_folder(two.root)
    assert dry == wet
    assert (wet.faces_created, len(wet.errors)) == (1, 1)
    assert import_folder(two.root, dry_run=True).unchanged == 1


@pytest.mark.parametrize("content", [b"", b"GIF89a", b"\x89PNG\r\n\x1a\n"])
def test_an_unreadable_image_is_refused_and_leaves_nothing(two, state, content):
    broken = two.root / "cohn-kanade-images" / "S006" / "002" / "S006_002_00000007.png"
    broken.write_bytes(content)
    report = import_folder(two.root)
    (error,) = report.errors
    assert error.field == "image"
    assert error.message.startswith("Unreadable image: ")
    assert error.file == "FACS/S006/002/S006_002_00000007_facs.txt"
    assert state()["Face"] == 1
    assert state()["Subject"] == 1
    assert state()["files"] == 1


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read any file")
def test_an_image_without_permission_is_a_row_error(two):
    next((two.root / "cohn-kanade-images" / "S006").rglob("*.png")).chmod(0)
    assert len(import_folder(two.root).errors) == 1


def test_a_failing_coding_takes_its_face_and_files_with_it(two, state, monkeypatch):
    def fail(*args, **kwargs):
        raise RuntimeError("disk full")

    before = state()
    monkeypatch.setattr("annotations.transfers.truths.import_coding", fail)
    with pytest.raises(RuntimeError):
        import_folder(two.root)
    assert state() == before


def test_a_known_image_under_another_subject_is_refused(labels, state):
    labels.image("a.png")
    header = "filepath,subject,high_level_emotion,AU1"
    parsed = read_labels(labels.write("a.png,P1,positive,1", header=header))
    import_rows(parsed, coder_name="one")
    before = state()
    parsed = read_labels(labels.write("a.png,P2,positive,1", header=header))
    for options in BOTH:
        (error,) = import_rows(parsed, coder_name="one", options=options).errors
        assert str(error) == (
            "data_labels.csv:2: subject: This image is known as one of P1, not of P2."
        )
    assert state() == before


def test_another_image_of_a_known_frame_is_refused(labels, state):
    labels.image()
    row = "S005_001_00000011.png,positive,0,1"
    import_rows(read_labels(labels.write(row)), coder_name="one")
    before = state()
    labels.image(shade=99)
    for options in BOTH:
        report = import_rows(read_labels(labels.file), coder_name="one", options=options)
        assert [error.field for error in report.errors] == ["frame"]
    assert state() == before


def test_a_tag_too_long_is_refused(labels, state):
    labels.image()
    header = "filepath,high_level_emotion,AU1,age_group"
    row = f"S005_001_00000011.png,positive,1,{'x' * 40}"
    parsed = read_labels(labels.write(row, header=header))
    for options in BOTH:
        (error,) = import_rows(parsed, coder_name="one", options=options).errors
        assert error.field == "age_group"
    assert state()["Subject"] == 0


def test_unknown_columns_are_kept_with_the_coding(labels):
    labels.image()
    header = "filepath,high_level_emotion,AU1,Note"
    labels.write("S005_001_00000011.png,positive,1,by hand", header=header)
    import_folder(labels.root)
    coding = Coding.objects.get()
    assert (coding.extra, coding.coder.name) == ({"Note": "by hand"}, "data_labels.csv")
    assert coding.source == "data_labels.csv:2"


def test_progress_counts_every_row(two):
    seen = []
    import_rows(read_ckplus(two.root), coder_name="CK+", progress=lambda *step: seen.append(step))
    assert seen == [(1, 2), (2, 2)]


def test_a_folder_of_neither_layout_is_refused(tmp_path):
    with pytest.raises(UnreadableSource, match="neither layout"):
        import_folder(tmp_path)


def test_the_demo_set_imports_without_an_error(tmp_path):
    root = tmp_path / "demo" / "CK+"
    root.parent.mkdir()
    generate(root, subjects=3, images=6, processes=1)
    report = import_folder(root)
    assert (report.errors, report.faces_created, report.codings_created) == ((), 6, 6)
    assert Subject.objects.exclude(gender="").count() == 3
