"""Whoever withdrew doesn’t come back by any door, nor by what was under way."""

from __future__ import annotations

import hashlib
import json

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from annotations.models import Face, NeutralFrame, Subject, Tombstone
from annotations.tombstones import (
    GONE,
    Gone,
    Kind,
    WithdrawnMeanwhile,
    aware_of_withdrawals,
    check_nobody_withdrew,
    key_name,
    keyed,
    made_under_other_keys,
    watermark,
)
from annotations.transfers import run_export
from annotations.transfers.options import ImportOptions
from annotations.transfers.services import request_export
from facsweb.jobs.models import Run
from tests.annotations.data_sets import ck  # noqa: F401 - a fixture
from tests.annotations.transfers.archives import archive, refused_rows
from tests.annotations.transfers.conftest import (  # noqa: F401 - fixtures
    content,
    empty_the_database,
    export,
    take_in,
)
from tests.factories import make_coding, make_face, make_subject, png

CODE, OTHER = "S777", "S778"
PICTURE, PORTRAIT = png(shade=77), png(shade=78)


def bury(kind: str, value: str) -> None:
    digest = keyed(kind, value)
    Tombstone.objects.create(kind=kind, digest=digest, key=key_name(), withdrawal=1)


@pytest.fixture
def buried(db, settings, tmp_path):
    """A subject withdrew who had two pictures."""
    settings.VAR_DIR = tmp_path
    bury(Kind.SUBJECT, CODE)
    for data in (PICTURE, PORTRAIT):
        bury(Kind.PICTURE, hashlib.sha256(data).hexdigest())


def nobody_came_back() -> bool:
    here = Subject.objects.filter(code=CODE).exists()
    return not here and not Face.objects.exclude(subject__code=OTHER).exists()


@pytest.mark.parametrize(
    ("data", "subject", "field"), [(PICTURE, "S1", "image"), (png(shade=5), CODE, "subject")]
)
def test_an_upload_is_refused(buried, upload, client_of, ada, settings, data, subject, field):
    answer = upload(client_of(ada), data, subject=subject)
    assert answer.status_code == 409
    assert answer.json()["code"] == "subject_withdrew"
    assert list(answer.json()["fields"]) == [field]
    assert not Subject.objects.exists()
    assert not list(settings.MEDIA_ROOT.rglob("*.png")), "no file is left either"


def test_a_neutral_frame_is_refused(buried, client_of, ada, settings):
    face = make_face(make_subject(OTHER))
    body = {"image": SimpleUploadedFile("first.png", PICTURE, "image/png"), "frame": "0"}
    answer = client_of(ada).put(f"/api/v1/faces/{face.pk}/neutral/", body, format="multipart")
    assert (answer.status_code, answer.json()["code"]) == (409, "subject_withdrew")
    assert not NeutralFrame.objects.exists()
    assert not list(settings.MEDIA_ROOT.rglob("neutral/*.png")), "no file is left either"


def test_a_batch_refuses_that_row_alone(buried, client_of, ada):
    files = {"a.png": PICTURE, "b.png": png(shade=6)}
    images = [SimpleUploadedFile(name, data, "image/png") for name, data in files.items()]
    rows = json.dumps([{"subject": OTHER}, {"subject": OTHER}])
    body = {"images": images, "rows": rows}
    client = client_of(ada)
    answer = client.post("/api/v1/faces/batch/", body, format="multipart").json()
    assert [item["status"] for item in answer["items"]] == ["refused", "created"]
    assert answer["items"][0]["code"] == "subject_withdrew"
    assert nobody_came_back()


def table(*rows: str) -> bytes:
    return "\n".join(["subject,filepath,high_level_emotion", *rows]).encode()


def imported(take_in, dry_run: bool = False):  # noqa: F811
    rows = (f"{CODE},{CODE}_a.png,positive", f"{OTHER},b.png,positive", f"{OTHER},c.png,positive")
    files = {f"{CODE}_a.png": png(shade=8), "b.png": PICTURE, "c.png": png(shade=9)}
    data = archive({"data_labels.csv": table(*rows), **files})
    return take_in("study.zip", data, options=ImportOptions(dry_run=dry_run))


@pytest.mark.parametrize("dry_run", [False, True])
def test_an_import_refuses_each_row_and_keeps_no_trace_of_it(buried, take_in, dry_run):  # noqa: F811
    run = imported(take_in, dry_run)
    assert (run.status, run.outcome["refused"]) == (Run.Status.SUCCEEDED, 2), run.error
    assert run.outcome["faces_created"] == 1
    told = json.dumps(run.outcome)
    assert "withdrew" in told and CODE not in told
    assert not run.refused, "there is nothing to mend in these rows"
    assert nobody_came_back()


def test_a_ckplus_tree_is_refused_with_its_neutral_frame(buried, take_in, ck):  # noqa: F811
    ck.add(f"{CODE}_001_00000009", emotion="3")
    ck.add(f"{OTHER}_001_00000009", emotion="5")
    peak = ck.root / "cohn-kanade-images" / OTHER / "001" / f"{OTHER}_001_00000001.png"
    peak.write_bytes(PORTRAIT)
    files = {str(p.relative_to(ck.root)): p.read_bytes() for p in ck.root.rglob("*") if p.is_file()}
    run = take_in("CK+.zip", archive(files))
    assert run.outcome["refused"] == 2, run.outcome
    assert CODE not in json.dumps(run.outcome)
    assert CODE not in json.dumps(refused_rows(run))
    assert nobody_came_back() and not NeutralFrame.objects.exists()


@pytest.mark.parametrize("dry_run", [False, True])
def test_our_own_export_of_before_does_not_bring_it_back(db, boss, export, take_in, dry_run):  # noqa: F811
    make_coding(make_face(make_subject(CODE)))
    make_coding(make_face(make_subject(OTHER)))
    data = content(export("facsweb", images=True))
    digest = Face.objects.get(subject__code=CODE).sha256
    empty_the_database()
    bury(Kind.SUBJECT, CODE)
    bury(Kind.PICTURE, digest)
    run = take_in("export.zip", data, options=ImportOptions(dry_run=dry_run))
    assert run.outcome["faces_created"] == 1 and run.outcome["refused"]
    assert CODE not in json.dumps(run.outcome)
    assert nobody_came_back()


def test_an_export_under_way_is_not_kept(db, ben, settings, tmp_path):
    settings.VAR_DIR = tmp_path
    make_coding(make_face(make_subject(CODE)))
    run = request_export(ben, format="facsweb", images=True)
    assert run.claim()
    keep = run_export._keep

    def withdrawing(*args):
        bury(Kind.SUBJECT, CODE)  # somebody withdraws just when the file is whole
        keep(*args)

    run_export._keep = withdrawing
    try:
        run_export.carry_out(run)
    finally:
        run_export._keep = keep
    run.refresh_from_db()
    assert run.status == Run.Status.FAILED and "withdrew" in run.error
    assert not run.file and not list(settings.MEDIA_ROOT.rglob("exports/*"))


def test_work_on_everybody_is_not_published_after_a_withdrawal(db):
    since = watermark()
    check_nobody_withdrew(since, "the model")
    bury(Kind.SUBJECT, CODE)
    with pytest.raises(WithdrawnMeanwhile, match="while the model was made"):
        check_nobody_withdrew(since, "the model")


def test_an_error_because_of_it_names_nobody(db):
    with (
        pytest.raises(WithdrawnMeanwhile) as told,
        aware_of_withdrawals("the export"),
    ):
        bury(Kind.SUBJECT, CODE)
        raise KeyError(CODE)
    assert CODE not in str(told.value) and told.value.__suppress_context__


def test_texts_lose_codes_and_digests(buried):
    digest = hashlib.sha256(PICTURE).hexdigest()
    veil = Gone().veil
    assert veil(f"x/{CODE}_001_0009.png and img-{CODE}-2, {digest}!") == (
        f"x/{GONE}_001_0009.png and img-{GONE}-2, {GONE}!"
    )
    assert veil(f"{OTHER} {CODE}1 {'a' * 64}") == f"{OTHER} {CODE}1 {'a' * 64}"


def test_tombstones_tell_nothing_and_need_the_key(buried, settings):
    rows = json.dumps(list(Tombstone.objects.values()), default=str)
    assert CODE not in rows and hashlib.sha256(PICTURE).hexdigest() not in rows
    old, settings.SECRET_KEY = settings.SECRET_KEY, "another-" + "y" * 50
    assert not Gone().subject(CODE) and made_under_other_keys() == 3
    settings.SECRET_KEY_FALLBACKS = [old]
    assert Gone().subject(CODE) and made_under_other_keys() == 0
