"""A second coder's file never becomes the truth of every face silently."""

import io
import json

import pyarrow.parquet as pq
import pytest
from rest_framework.test import APIClient

from annotations.agreement.ratings import read_ratings
from annotations.codings.reading import Reading
from annotations.models import Coder, Coding, Face
from annotations.review.context import ReviewContext, Statement
from annotations.review.decisions import correct
from annotations.transfers.options import ImportOptions
from tests.annotations.transfers.conftest import content, empty_the_database, members
from tests.annotations.transfers.understood_trees import zipped
from tests.factories import make_face, make_subject, png

pytestmark = pytest.mark.django_db
REPLACE = ImportOptions(replace_truth=True)
PICTURES = {f"S00{number}.png": png() for number in (1, 2, 3)}


def labels(*emotions: str) -> bytes:
    """A zip of three pictures, and their emotions as data_labels.csv."""
    rows = [f"{name},{emotion}" for name, emotion in zip(PICTURES, emotions, strict=True)]
    table = "\n".join(["filepath,high_level_emotion", *rows]) + "\n"
    return zipped({**PICTURES, "data_labels.csv": table})


ADAS = labels("positive", "positive", "negative")
BENS = labels("positive", "negative", "surprise")


def truths() -> list[tuple[str, str]]:
    found = Coding.objects.accepted().order_by("face__subject__code")
    return list(found.values_list("coder__name", "emotion"))


def test_another_coders_labels_stand_beside_the_truth(take_in):
    take_in("ada.zip", ADAS, coder="ada")
    before = truths()
    run = take_in("ben.zip", BENS, coder="ben")
    assert truths() == before
    assert run.outcome["codings_created"] == 3
    assert (run.outcome["truths_changed"], run.outcome["truths_kept"]) == (0, 2)
    assert any("Beside 2 truths of “ada”" in line for line in run.outcome["told"])


@pytest.mark.parametrize("dry_run", [True, False])
def test_it_says_how_many_truths_it_changes_and_of_whom(take_in, dry_run):
    take_in("ada.zip", ADAS, coder="ada")
    before = truths()
    options = ImportOptions(replace_truth=True, dry_run=dry_run)
    run = take_in("ben.zip", BENS, coder="ben", options=options)
    assert run.outcome["truths_changed"] == 2
    assert "Changed: 2 truths of “ada”." in run.outcome["told"] or dry_run
    assert (truths() == before) is dry_run
    if not dry_run:
        assert truths() == [("ada", "positive"), ("ben", "negative"), ("ben", "surprise")]


def test_what_stood_beside_becomes_the_truth_when_asked_later(take_in):
    take_in("ada.zip", ADAS, coder="ada")
    take_in("ben.zip", BENS, coder="ben")
    run = take_in("ben.zip", BENS, coder="ben", options=REPLACE)
    assert (run.outcome["codings_created"], run.outcome["truths_changed"]) == (0, 2)
    assert truths()[1] == ("ben", "negative")
    assert Coding.objects.count() == 6


def test_a_coder_who_is_named_corrects_their_own_truth(take_in):
    take_in("ada.zip", ADAS, coder="ada")
    run = take_in("ada.zip", labels("positive", "negative", "negative"), coder="ada")
    assert run.outcome["truths_changed"] == 1
    assert truths()[1] == ("ada", "negative")


def test_two_files_of_which_nobody_says_whose_they_are_change_nothing(take_in):
    take_in("one.zip", ADAS)
    before = truths()
    run = take_in("two.zip", BENS)
    assert truths() == before
    assert set(Coder.objects.values_list("name", flat=True)) == {
        "data_labels.csv", "data_labels.csv (2)",
    }  # fmt: skip
    assert any("has said otherwise of some of these faces" in line for line in run.outcome["told"])
    assert take_in("two.zip", BENS).outcome["unchanged"] == 3
    assert take_in("one.zip", ADAS).outcome["unchanged"] == 3


def test_two_exports_of_label_studio_that_name_nobody_are_not_one_coders(take_in):
    make_face(make_subject("S005"), sequence="001", frame=11)
    for unit in ("AU12", "AU4"):
        results = [{"type": "choices", "from_name": "au", "value": {"choices": [unit]}}]
        picture = {"image": "S005_001_00000011.png"}
        export = [{"data": picture, "annotations": [{"result": results}]}]
        run = take_in("p.json", json.dumps(export).encode())
        assert run.outcome["codings_created"] == 1, run.outcome
    names = Coding.objects.order_by("pk").values_list("coder__name", "is_accepted")
    assert list(names) == [("Label Studio", True), ("Label Studio (2)", False)]


def test_what_a_person_decided_is_never_replaced_by_a_file(take_in, ben):
    take_in("ada.zip", ADAS, coder="ada")
    truth = Coding.objects.accepted().get(face__subject__code="S001")
    correct(ReviewContext(truth.face, ben, seen=truth.pk), Statement(Reading("surprise")))
    run = take_in("cleo.zip", BENS, coder="cleo", options=REPLACE)
    assert truths()[0] == ("ben", "surprise")
    assert run.outcome["truths_kept"] == 1


def test_a_face_that_coders_read_differently_gets_no_truth_from_a_third_file(take_in):
    table = "filepath,annotator,AU12\nS001.png,ada,1\nS001.png,ben,0\n"
    pictures = {"S001.png": PICTURES["S001.png"]}
    take_in("long.zip", zipped({**pictures, "data_labels.csv": table}))
    take_in("cleo.zip", zipped({**pictures, "data_labels.csv": "filepath,AU12\nS001.png,1\n"}))
    assert Coding.objects.count() == 3
    assert truths() == []


def test_a_dry_run_says_the_same_as_the_import_and_writes_nothing(take_in):
    dry = take_in("ada.zip", ADAS, coder="ada", options=ImportOptions(dry_run=True))
    assert not Coding.objects.exists()
    assert not Coder.objects.filter(kind="import").exists()
    assert dry.outcome == take_in("ada.zip", ADAS, coder="ada").outcome


def test_sides_leave_and_come_back(take_in, export):
    """In the bundle wholly; in data_labels.csv in a column of their own."""
    table = "filepath,subject,L12,R14,AU4\nS001.png,S001,C,1,0\n"
    pictures = {"S001.png": PICTURES["S001.png"]}
    take_in("s.zip", zipped({**pictures, "data_labels.csv": table}), coder="ada")
    bundle = content(export("facsweb", images=True))
    flat = content(export("data_labels", images=True))
    for data, intensity in ((bundle, "C"), (flat, "")):
        empty_the_database()
        run = take_in("again.zip", data)
        assert run.outcome["refused"] == 0, run.outcome
        scores = Coding.objects.get().scores.values_list("au", "present", "intensity", "side")
        assert list(scores) == [(4, False, "", ""), (12, True, intensity, "L"), (14, True, "", "R")]


def test_sides_stand_in_parquet(take_in, export):
    table = "filepath,AU\nS001.png,L12C+R40\n"
    take_in("s.zip", zipped({"S001.png": PICTURES["S001.png"], "data_labels.csv": table}))
    (row,) = pq.read_table(io.BytesIO(content(export("parquet")))).to_pylist()
    assert (row["AU12"], row["AU12_side"], row["AU12_intensity"]) == (True, "L", 3)
    assert row["other_action_units"] == '{"40": "R"}'


def test_an_anonymous_export_names_no_annotator(take_in, export):
    take_in("ada.zip", ADAS, coder="ada@lab.org")
    take_in("ck.zip", BENS)
    data = zipfile_text(content(export("facsweb", anonymous=True)))
    assert "ada@lab.org" not in data
    assert '"import 1"' in data
    assert "data_labels.csv" not in data


def zipfile_text(data: bytes) -> str:
    return b"\n".join(members(data).values()).decode("utf-8", "replace")


def test_visibility_is_nothing_that_coders_agree_on(take_in):
    table = "filepath,annotator,AU12,AU70\nS001.png,ada,1,1\nS001.png,ben,1,1\n"
    take_in("s.zip", zipped({"S001.png": PICTURES["S001.png"], "data_labels.csv": table}))
    ratings = read_ratings(Coding.objects.all(), Coder.objects.all())
    assert ratings.units == (12,)
    assert Coding.objects.filter(scores__au=70, scores__present=True).count() == 2


def test_the_api_and_the_history_tell_a_side(take_in, ben):
    table = "filepath,L12,AU4\nS001.png,C,0\n"
    take_in("s.zip", zipped({"S001.png": PICTURES["S001.png"], "data_labels.csv": table}))
    client = APIClient()
    client.force_login(ben)
    face = Face.objects.get()
    units = client.get(f"/api/v1/faces/{face.pk}/").json()["truth"]["action_units"]
    assert units["12"]["side"] == "L"
    assert "side" not in units["4"]
    page = client.get(f"/faces/{face.pk}/", HTTP_ACCEPT="text/html").content.decode()
    assert "AU12C (left)" in page
