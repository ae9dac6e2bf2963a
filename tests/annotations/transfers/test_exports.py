"""The other formats, read back by our own importers or by the library they are for."""

import csv
import io
import json
import re

import pyarrow.parquet as pq
import pytest
from django.conf import settings
from PIL import Image

from annotations.codings.services import human_coder
from annotations.faces.services import Place, add_face, check_image
from annotations.models import Coding, Face
from annotations.transfers import run_export
from annotations.transfers.models import Export
from annotations.transfers.services import InvalidTransfer, discard_transfer, request_export
from facsweb.jobs.models import Run
from facsweb.problems import Forbidden
from tests.annotations.transfers.conftest import content, empty_the_database, members
from tests.factories import import_coder, make_coding, make_face, make_subject, png

pytestmark = pytest.mark.django_db


def table(data: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(data.decode())))


def test_labels_with_pictures_come_back_the_same(study, export, take_in):
    truths = {
        coding.face.sha256: (coding.emotion, {s.au: s.present for s in coding.scores.all()})
        for coding in Coding.objects.accepted().select_related("face")
    }
    data = content(export("data_labels", images=True))
    empty_the_database()
    run = take_in("labels.zip", data)
    assert (run.status, run.outcome["refused"]) == (Run.Status.SUCCEEDED, 0), run.error
    assert truths == {
        coding.face.sha256: (coding.emotion, {s.au: s.present for s in coding.scores.all()})
        for coding in Coding.objects.accepted().select_related("face")
    }
    face = Face.objects.select_related("subject").first()
    assert (face.subject.gender, face.subject.age_group) == ("female", "20-24")


def test_labels_defuse_formulas_and_keep_unknown_columns(ben, export, take_in):
    face = make_face(make_subject("S001"))
    truth = make_coding(face)
    truth.extra = {"note": "=HYPERLINK(1)", "=cmd": "-1.5"}
    truth.save()
    data = content(export("data_labels", images=True))
    text = members(data)["data_labels.csv"].decode()
    assert "'=HYPERLINK(1)" in text
    assert "'=cmd" in text
    empty_the_database()
    take_in("labels.zip", data)
    assert Coding.objects.get().extra == truth.extra


def test_ckplus_tree_comes_back_with_intensities(study, export, take_in):
    data = content(export("ckplus"))
    names = members(data)
    assert "cohn-kanade-images/S001/001/S001_001_00000009.png" in names
    assert names["FACS/S001/001/S001_001_00000009_facs.txt"].decode().split()[-1] == (
        "0.0000000e+00"
    )
    empty_the_database()
    run = take_in("ck.zip", data)
    assert (run.status, run.kind) == (Run.Status.SUCCEEDED, "ckplus"), run.error
    assert run.outcome["refused"] == 0
    assert Face.objects.count() == 8
    smile = Coding.objects.accepted().get(face__subject__code="S001", face__sequence="001")
    assert smile.scores.get(au=12).intensity == "C"
    assert run.outcome["neutral_created"] == 1


def test_names_that_are_not_ckplus_are_renamed_and_told(ben, export):
    for code in ("anna", "S001"):
        make_coding(make_face(make_subject(code), sequence="smile", frame=None))
    run = export("ckplus")
    assert run.outcome["renamed"] == 2
    renamed = table(members(content(run))["renamed.csv"])
    assert {row["our_name"] for row in renamed} == {"anna_smile", "S001_smile"}
    assert len({row["ckplus_name"] for row in renamed}) == 2


def test_openface_columns_hold_intensities(study, export):
    rows = {row["filepath"]: row for row in table(content(export("openface")))}
    row = rows["images/S001_001_00000009.png"]
    assert (row["AU12_r"], row["AU12_c"]) == ("3", "1")
    assert (row["AU04_r"], row["AU04_c"]) == ("0", "0")
    assert (row["AU01_r"], row["AU01_c"]) == ("", "")


def test_parquet_has_a_row_a_coding(study, export):
    found = pq.read_table(io.BytesIO(content(export("parquet")))).to_pylist()
    assert len(found) == Coding.objects.count()
    smile = next(row for row in found if row["coder"] == "ben" and row["is_accepted"])
    assert (smile["AU12"], smile["AU12_intensity"], smile["AU4"]) == (True, 3, False)
    prediction = next(row for row in found if row["coder_kind"] == "model")
    assert prediction["p_positive"] == pytest.approx(0.8)
    assert prediction["AU12_probability"] == pytest.approx(0.9)


@pytest.mark.parametrize("format", list(Export.Format))
def test_an_empty_database_exports_too(ben, export, format):
    if format == "openface":
        assert table(content(export(format))) == []
    else:
        assert content(export(format))


@pytest.mark.parametrize("format", ["facsweb", "data_labels", "ckplus", "parquet", "openface"])
def test_anonymous_exports_name_nobody(study, export, format):
    images = format in {"facsweb", "data_labels"}
    data = content(export(format, images=images, anonymous=True))
    plain = b"".join(members(data).values()) if data[:2] == b"PK" else data
    secrets = ["ada", "ben", "she smiles", "20-24"]
    if not images:  # the pixels of a picture that leaves tell more than its digest
        secrets += Face.objects.values_list("sha256", flat=True)
    if format != "ckplus":  # whose names are S001 and so on by itself
        secrets += ["S001", "S002"]
    for secret in secrets:
        # As a word: a digest's letters may well spell "ada".
        assert not re.search(rf"\b{secret}\b".encode(), plain), secret


def test_two_anonymous_exports_number_differently_and_tell_no_dates(study, export):
    one, two = (content(export("facsweb", anonymous=True)) for _ in range(2))
    assert members(one)["faces.jsonl"] != members(two)["faces.jsonl"]
    faces = [json.loads(line) for line in members(one)["faces.jsonl"].splitlines()]
    assert {face["created_at"] for face in faces} == {""}
    assert {face["subject"] for face in faces} == {"P0001", "P0002", "P0003", "P0004"}


def test_anonymous_export_can_be_read_back(study, export, take_in):
    data = content(export("facsweb", images=True, anonymous=True))
    rows = Coding.objects.count()
    empty_the_database()
    run = take_in("anonymous.zip", data)
    assert (run.status, run.outcome["refused"]) == (Run.Status.SUCCEEDED, 0), run.outcome
    assert Coding.objects.count() == rows


def test_exif_leaves_no_export_and_the_picture_of_an_anonymous_one_stands_upright(ben, export):
    picture = Image.new("RGB", (40, 20), "red")
    exif = Image.Exif()
    exif[0x0112] = 6  # turned by 90 degrees
    exif[0x010F] = "SECRETCAMERA"
    buffer = io.BytesIO()
    picture.save(buffer, "JPEG", exif=exif)
    face, _ = add_face(check_image(buffer.getvalue()), Place(make_subject("S001")))
    make_coding(face)
    data = content(export("facsweb", images=True, anonymous=True))
    (image,) = [part for name, part in members(data).items() if name.startswith("images/")]
    assert b"SECRETCAMERA" not in data
    assert Image.open(io.BytesIO(image)).size == (20, 40)
    assert b"SECRETCAMERA" not in content(export("facsweb", images=True))


@pytest.mark.parametrize("how", ["pixelate", "landmarks"])
def test_de_identified_pictures_are_not_the_pictures(study, export, how):
    data = content(export("facsweb", images=True, deidentify=how))
    originals = set(Face.objects.values_list("sha256", flat=True))
    faces = [json.loads(line) for line in members(data)["faces.jsonl"].splitlines()]
    assert not originals & {face["sha256"] for face in faces}
    assert all(f"images/{face['sha256']}.png" in members(data) for face in faces)
    codings = [json.loads(line) for line in members(data)["codings.jsonl"].splitlines()]
    assert {coding["face"] for coding in codings} == {face["sha256"] for face in faces}


def test_who_codes_blind_exports_nothing(ben, study):
    coder = human_coder(ben)
    coder.codes_blind = True
    coder.save()
    with pytest.raises(Forbidden, match="blind"):
        request_export(ben, format="parquet")


def test_coders_export_nothing(ada):
    with pytest.raises(Forbidden):
        request_export(ada, format="parquet")


@pytest.mark.parametrize(
    "options",
    [
        {"format": "parquet", "images": True},
        {"format": "openface", "images": True},
        {"format": "facsweb", "deidentify": "pixelate"},
    ],
)
def test_senseless_wish_is_refused(ben, options):
    with pytest.raises(InvalidTransfer):
        request_export(ben, **options)


def test_cancelled_export_leaves_no_file(study, ben):
    run = request_export(ben, format="facsweb", images=True)
    run.claim()
    run.request_cancel()
    run_export.carry_out(run)
    run.refresh_from_db()
    assert (run.status, bool(run.file)) == (Run.Status.CANCELLED, False)
    assert not any((settings.VAR_DIR / "transfers").iterdir())


def test_discarded_export_leaves_no_file(study, export, boss, django_capture_on_commit_callbacks):
    run = export("facsweb")
    with django_capture_on_commit_callbacks(execute=True):
        discard_transfer(run, boss)
    assert not list((settings.MEDIA_ROOT / "exports").iterdir())


def test_a_worker_that_takes_over_finds_no_rubbish(study, ben):
    run = request_export(ben, format="facsweb")
    left = settings.VAR_DIR / "transfers" / f"export-{run.pk}"
    left.mkdir(parents=True)
    (left / "export").write_bytes(b"half")
    run.claim()
    run_export.carry_out(run)
    run.refresh_from_db()
    assert run.status == Run.Status.SUCCEEDED


def test_an_anonymous_export_tells_nothing_by_its_order(export):
    """Faces of a known data set come in a known order, which would tell who is who."""
    for size in range(30):
        image = check_image(png(size=24 + size))
        face, _ = add_face(image, Place(make_subject(f"S{size:03d}"), "1", size))
        make_coding(face, import_coder(), emotion="positive")
    widths = {}
    for anonymous in (False, True):
        rows = members(content(export("facsweb", anonymous=anonymous)))["faces.jsonl"]
        faces = [json.loads(line) for line in rows.splitlines()]
        widths[anonymous] = [face["width"] for face in faces]
        codings = members(content(export("facsweb", anonymous=anonymous)))["codings.jsonl"]
        numbers = [json.loads(line)["number"] for line in codings.splitlines()]
        assert numbers == list(range(1, 31))
    assert widths[False] == sorted(widths[True])
    assert widths[True] != widths[False]
