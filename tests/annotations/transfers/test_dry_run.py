"""A dry run of tables of predictions says what the real one then does, and writes nothing."""

from __future__ import annotations

import pytest

from annotations.models import ActionUnitScore, Coder, Coding, Face, Subject
from annotations.transfers.models import Import
from annotations.transfers.options import ImportOptions
from tests.annotations.transfers.test_what_is_understood import sent
from tests.annotations.transfers.understood import Case
from tests.annotations.transfers.understood_tables import TABLES
from tests.annotations.transfers.writers import simple
from tests.factories import make_face, make_subject

pytestmark = pytest.mark.django_db
KINDS = {Import.Kind.OPENFACE, Import.Kind.PYFEAT}
PREDICTIONS = [case for case in TABLES if not any("data_labels" in name for name in case.files)]


def everything() -> list[int]:
    return [model.objects.count() for model in (Subject, Face, Coder, Coding, ActionUnitScore)]


@pytest.mark.parametrize("case", PREDICTIONS, ids=lambda case: case.sends)
def test_a_dry_run_tells_what_the_import_does_and_writes_nothing(case: Case, take_in):
    for name, (subject, sequence, frame) in case.faces.items():
        make_face(make_subject(subject), sequence=sequence, frame=frame, source_name=name)
    before = everything()
    options = case.options.to_json() | {"dry_run": True}
    dry = take_in(*sent(case), coder=case.coder, options=ImportOptions.from_json(options))
    assert everything() == before
    options["dry_run"] = False
    run = take_in(*sent(case), coder=case.coder, options=ImportOptions.from_json(options))
    assert (dry.status, dry.kind, dry.error) == (run.status, run.kind, run.error)
    assert dry.outcome == run.outcome


def test_a_dry_run_sees_tables_that_contradict_each_other(take_in):
    make_face(make_subject("S005"), sequence="001", frame=11, source_name="a.png")
    files = {"x/a.csv": "face, AU12_c\n0, 1\n", "y/a.csv": "face, AU12_c\n0, 0\n"}
    data = sent(Case("two tables of a picture", files))
    dry = take_in(*data, options=ImportOptions(dry_run=True))
    assert (dry.outcome["codings_created"], dry.outcome["refused"]) == (1, 1)
    assert "has said otherwise" in dry.outcome["first_refusals"][0]["reason"]
    assert take_in(*data).outcome == dry.outcome


def test_two_names_of_one_picture_are_rows_of_one_picture(take_in):
    face = make_face(make_subject("S005"), sequence="001", frame=11, source_name="a.png")
    rows = ["x/a.png,1", f"{face.sha256},0"]
    run = take_in("of.csv", simple(*rows, header="filepath,AU12_c").encode())
    assert (run.outcome.get("codings_created", 0), run.outcome["refused"]) == (0, 2)
    assert "several faces" in run.outcome["first_refusals"][0]["reason"]


def test_a_dry_run_knows_what_the_model_said_before(take_in):
    make_face(make_subject("S005"), sequence="001", frame=11, source_name="a.png")
    table = b"filepath,AU12_c\na.png,1\n"
    take_in("of.csv", table, coder="OpenFace 2.2.0")
    dry = take_in("of.csv", table, coder="OpenFace 2.2.0", options=ImportOptions(dry_run=True))
    assert (dry.outcome.get("codings_created", 0), dry.outcome["unchanged"]) == (0, 1)
