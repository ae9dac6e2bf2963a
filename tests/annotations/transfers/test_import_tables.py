"""Tables of other programs: OpenFace's, Py-Feat's, and those that are neither."""

import pytest

from annotations.models import Coding
from facsweb.jobs.models import Run
from tests.annotations.transfers.archives import archive, refused_rows
from tests.annotations.transfers.conftest import content
from tests.factories import make_face, make_subject, png

pytestmark = pytest.mark.django_db
HEADER = "filepath,subject,high_level_emotion,AU12,note\r\n"
OPENFACE = "frame, face_id, timestamp, confidence, success, AU01_r, AU12_r, AU12_c, AU45_c\n"


def test_openfaces_tables_become_a_models_codings(take_in):
    face = make_face(make_subject("S005"), sequence="001", frame=11)
    table = OPENFACE + "1, 0, 0.0, 0.98, 1, 0.20, 2.60, 1, 0\n"
    run = take_in("all.zip", archive({"S005_001_00000011.csv": table}), coder="OpenFace 2.2.0")
    assert (run.status, run.kind) == (Run.Status.SUCCEEDED, "openface"), run.error
    coding = face.codings.get()
    assert (coding.coder.kind, coding.coder.name) == ("model", "OpenFace 2.2.0")
    scores = {score.au: (score.present, score.intensity) for score in coding.scores.all()}
    assert scores == {1: (False, ""), 12: (True, "C"), 45: (False, "")}


def test_one_openface_table_by_name(take_in):
    make_face(make_subject("S005"), sequence="001", frame=11)
    table = (
        "filepath,success,AU12_c\nimages/S005_001_00000011.png,1,1\nS009_001_00000001.png,1,1\n"
        "S005_001_00000011.png,0,1\n"
    )
    run = take_in("of.csv", table.encode())
    assert (run.status, run.outcome["codings_created"]) == (Run.Status.SUCCEEDED, 1), run.error
    reasons = [row["reason"] for row in refused_rows(run)]
    assert "no face 'S009_001_00000001'" in reasons[0]
    assert "OpenFace found no face" in reasons[1]


def test_several_faces_in_one_picture_are_refused(take_in):
    make_face(make_subject("S005"), sequence="001", frame=11)
    table = OPENFACE + "1, 0, 0.0, 0.98, 1, 0, 2, 1, 0\n1, 1, 0.0, 0.4, 1, 0, 2, 1, 0\n"
    run = take_in("t.zip", archive({"S005_001_00000011.csv": table}))
    assert run.outcome["refused"] == 2
    assert "several faces" in refused_rows(run)[0]["reason"]


PYFEAT = "input,frame,FaceScore,AU01,AU12,anger,disgust,fear,happiness,sadness,surprise,neutral\n"


def test_pyfeats_table_becomes_a_models_codings(take_in):
    face = make_face(make_subject("S005"), sequence="001", frame=11)
    row = "/data/S005_001_00000011.png,0,0.99,0.1,0.9,0.1,0,0,0.5,0.1,0.1,0.2\n"
    run = take_in("feat.csv", (PYFEAT + row).encode(), coder="Py-Feat 0.6")
    assert (run.status, run.kind) == (Run.Status.SUCCEEDED, "pyfeat"), run.error
    coding = face.codings.get()
    assert coding.emotion == "positive"
    assert coding.emotion_probabilities == pytest.approx(
        {"negative": 0.25, "positive": 0.625, "surprise": 0.125}
    )
    assert coding.scores.get(au=12).probability == pytest.approx(0.9)


@pytest.mark.parametrize(
    ("row", "word"),
    [
        ("S005_001_00000011.png,0,0.9,1.4,0.9,0,0,0,1,0,0,0", "not within"),
        ("S005_001_00000011.png,0,0.9,inf,0.9,0,0,0,1,0,0,0", "not within"),
        ("S005_001_00000011.png,0,0.9,x,0.9,0,0,0,1,0,0,0", "not a number"),
        ('S005_001_00000011.png,0,0.9,"0,5",0.9,0,0,0,1,0,0,0', "not a number"),
        ("S005_001_00000011.png,0,0.9", "values where the header"),
        (",0,0.9,0,0.9,0,0,0,1,0,0,0", "names no picture"),
        ("nobody.png,0,0.9,0,0.9,0,0,0,1,0,0,0", "no face 'nobody'"),
        ("S005_001_00000011.png,0,0.9,,,,,,,,,", "needs an emotion"),
    ],
)
def test_bad_rows_of_a_table_are_refused(take_in, row, word):
    make_face(make_subject("S005"), sequence="001", frame=11)
    run = take_in("feat.csv", (PYFEAT + row + "\n").encode())
    assert run.status == Run.Status.SUCCEEDED
    assert word in refused_rows(run)[0]["reason"]
    assert not Coding.objects.exists()


def test_nan_is_not_coded(take_in):
    face = make_face(make_subject("S005"), sequence="001", frame=11)
    row = "S005_001_00000011.png,0,0.9,NaN,0.9,NaN,0,0,1,0,0,0\n"
    take_in("feat.csv", ("\ufeff" + PYFEAT + row).replace(",", ";").encode())
    coding = face.codings.get()
    assert list(coding.scores.values_list("au", flat=True)) == [12]
    assert coding.emotion == ""


def test_most_likely_neutral_has_no_emotion_of_ours(take_in):
    face = make_face(make_subject("S005"), sequence="001", frame=11)
    row = "S005_001_00000011.png,0,0.9,0.1,0.9,0,0,0,0.1,0,0,0.9\n"
    take_in("feat.csv", (PYFEAT + row).encode())
    assert face.codings.get().emotion == ""


def test_our_own_openface_export_reads_back(study, export, take_in):
    data = content(export("openface"))
    run = take_in("ours.csv", data, coder="ours, again")
    assert (run.outcome["codings_created"], run.outcome["refused"]) == (8, 0), run.outcome


def test_tables_of_predictions_beside_labels_are_said_to_be_unread(take_in):
    files = {"data_labels.csv": HEADER + "a.png,S001,positive,1,x\r\n", "a.png": png()}
    run = take_in("s.zip", archive({**files, "of/a.csv": "face, confidence, AU12_c\n0, 1, 1\n"}))
    assert run.outcome["faces_created"] == 1
    assert "send them by themselves" in run.outcome["not_read"][0]["what"]


def test_an_archive_of_broken_tables_only_says_why(take_in):
    run = take_in("s.zip", archive({"of/a.csv": b"face, AU12_c\n\xff, 1\n"}))
    assert run.status == Run.Status.FAILED
    assert "a.csv: The file is not UTF-8 text" in run.error


def test_refused_rows_of_nameless_tables_keep_their_pictures_name(take_in):
    """The table names the picture; mended and sent again under another name the row still does."""
    make_face(make_subject("S005"), sequence="003", frame=2, source_name="x.png")
    files = {
        "S005/003.csv": OPENFACE + "2, 0, 0.0, 0.98, 1, 0, 7, 1, 0\n3, 0, 0, 1, 1, 0, 0, 0, 0\n"
    }
    run = take_in("t.zip", archive(files))
    (row,) = refused_rows(run)
    assert (row["filepath"], row["AU12_r"].strip()) == ("S005/003", "7")
    with run.refused.open("rb") as file:
        mended = file.read().replace(b" 7,", b" 3,")
    run = take_in("mended.csv", mended)
    assert (run.outcome["codings_created"], run.outcome["refused"]) == (1, 0), run.outcome


def test_refused_rows_of_tables_with_other_columns_stand_under_their_own(take_in):
    files = {"a.csv": "filepath,AU12_c\nx.png,1\n", "b.csv": "AU04_c,filepath\n0,y.png\n"}
    rows = refused_rows(take_in("t.zip", archive(files)))
    assert [(row["filepath"], row["AU12_c"], row["AU04_c"]) for row in rows] == [
        ("x.png", "1", ""),
        ("y.png", "", "0"),
    ]
