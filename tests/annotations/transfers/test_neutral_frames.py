"""The neutral frame that a sequence begins with comes with its peak."""

import pytest

from annotations.faces.neutral_frames import neutral_of
from annotations.formats.readers import read_ckplus
from annotations.models import Face, NeutralFrame
from annotations.transfers.import_rows import import_folder
from tests.annotations.data_sets import draw

PEAK = "S005_001_00000011"
FIRST = "S005_001_00000001"
AUS = "12 3\n"


@pytest.fixture
def tree(ck):
    ck.add(PEAK, AUS, "5")
    ck.add("S005_001_00000005")
    ck.add(FIRST)
    ck.add("S006_002_00000001", AUS)
    return ck


@pytest.fixture
def known(tree, db):
    """A tree that was imported already."""
    import_folder(tree.root)
    return tree


def neutral_file(tree):
    return tree.root / "cohn-kanade-images" / "S005" / "001" / f"{FIRST}.png"


def peak() -> Face:
    return Face.objects.get(subject__code="S005")


def test_the_first_frame_goes_with_the_peak_unless_it_is_the_peak(tree):
    rows = {row.subject: row for row in read_ckplus(tree.root).rows}
    assert rows["S005"].neutral == neutral_file(tree)
    assert rows["S006"].neutral is None


def test_a_first_frame_need_not_be_number_1(tree):
    neutral_file(tree).unlink()
    (row,) = (row for row in read_ckplus(tree.root).rows if row.subject == "S005")
    assert row.neutral.stem == "S005_001_00000005"


def test_a_labelled_first_frame_is_a_peak_not_neutral(tree):
    tree.add(FIRST, "4 2\n")
    assert {row.neutral for row in read_ckplus(tree.root).rows} == {None}


def test_it_is_stored_once_beside_the_peak(known):
    frame = NeutralFrame.objects.get()
    assert (frame.subject.code, frame.sequence, frame.frame) == ("S005", "001", 1)
    assert (frame.width, frame.height) == (16, 12)
    assert frame.file.read() == neutral_file(known).read_bytes()
    assert neutral_of(peak()) == frame
    assert neutral_of(Face.objects.get(subject__code="S006")) is None


def test_the_report_counts_it_and_a_second_import_changes_nothing(tree, state, db):
    assert import_folder(tree.root).neutral_created == 1
    before = state()
    again = import_folder(tree.root)
    assert (again.neutral_created, again.unchanged) == (0, 2)
    assert (state(), NeutralFrame.objects.count()) == (before, 1)


def test_a_database_from_before_gets_it_by_importing_again(known):
    NeutralFrame.objects.all().delete()
    report = import_folder(known.root)
    assert (report.faces_created, report.codings_created, report.neutral_created) == (0, 0, 1)
    assert neutral_of(peak()) is not None


def test_two_peaks_of_one_sequence_share_it(tree, db):
    tree.add("S005_001_00000012", "4 2\n")
    dry = import_folder(tree.root, dry_run=True)
    assert dry.neutral_created == 1
    assert import_folder(tree.root) == dry
    assert {neutral_of(face) for face in Face.objects.filter(subject__code="S005")} == {
        NeutralFrame.objects.get()
    }


def test_another_picture_takes_its_place_and_its_file_goes(
    known, state, django_capture_on_commit_callbacks
):
    before = state()
    former = NeutralFrame.objects.get()
    draw(neutral_file(known), 200)
    with django_capture_on_commit_callbacks(execute=True):
        assert import_folder(known.root).neutral_created == 1
    frame = NeutralFrame.objects.get()
    assert (frame.pk, frame.created_at) == (former.pk, former.created_at)
    assert frame.file.read() == neutral_file(known).read_bytes()
    assert state() == before


@pytest.mark.parametrize("content", [b"", b"GIF89a", b"\x89PNG\r\n\x1a\n"])
def test_an_unreadable_one_refuses_only_itself(tree, state, db, content):
    neutral_file(tree).write_bytes(content)
    dry = import_folder(tree.root, dry_run=True)
    report = import_folder(tree.root)
    assert report == dry
    (error,) = report.errors
    assert (error.file, error.field) == (f"FACS/S005/001/{PEAK}_facs.txt", "neutral")
    assert error.message.startswith(f"Unreadable neutral frame {FIRST}.png: ")
    assert (report.faces_created, report.codings_created, report.neutral_created) == (2, 2, 0)
    assert (neutral_of(peak()), state()["files"]) == (None, 2)


def test_a_dry_run_counts_it_and_writes_nothing(tree, state, db):
    before = state()
    dry = import_folder(tree.root, dry_run=True)
    assert (state(), NeutralFrame.objects.count()) == (before, 0)
    assert dry.neutral_created == 1
    assert import_folder(tree.root) == dry


@pytest.mark.parametrize("earlier", [False, True])
def test_a_failing_transaction_leaves_no_file(tree, state, db, monkeypatch, earlier):
    if earlier:
        import_folder(tree.root)
        draw(neutral_file(tree), 200)
    files = state()["files"]

    def fail(*args, **kwargs):
        raise RuntimeError("disk full")

    monkeypatch.setattr(NeutralFrame, "save", fail)
    with pytest.raises(RuntimeError):
        import_folder(tree.root)
    # The peak that came before it stays.
    assert state()["files"] == files + (0 if earlier else 1)
    monkeypatch.undo()
    assert import_folder(tree.root).neutral_created == 1
    assert neutral_of(peak()).file.read() == neutral_file(tree).read_bytes()


def test_a_sequence_of_another_subject_is_not_mistaken_for_it(known):
    face = Face.objects.get(subject__code="S006")
    face.sequence = "001"
    face.save()
    assert neutral_of(face) is None


def test_the_command_tells_of_it(tree, db, capsys):
    from django.core.management import call_command

    call_command("import_ckplus", str(tree.root))
    call_command("import_ckplus", str(tree.root))
    first, second = capsys.readouterr().out.splitlines()
    assert first.startswith("Created 2 faces, 2 codings and 1 neutral frame; 0 unchanged")
    assert second.startswith("Nothing changed: these labels are known already.")
