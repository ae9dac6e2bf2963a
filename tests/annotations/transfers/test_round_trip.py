"""Our own export is lossless: read into an empty database it exports as the same bytes."""

import io
import json
import zipfile

import pytest
from django.conf import settings
from django.contrib.auth import get_user_model

from annotations.models import Coder, Coding, Face, FirstLook, Review
from annotations.transfers.options import ImportOptions
from facsweb.audit.selectors import entries_about
from facsweb.jobs.models import Run
from tests.annotations.transfers.conftest import POSE, content, empty_the_database, members
from tests.factories import assert_bits_are_scores

pytestmark = pytest.mark.django_db


def test_export_of_an_import_is_the_same_bytes(study, export, take_in):
    before = content(export("facsweb", images=True))
    codings, reviews = Coding.objects.count(), Review.objects.count()
    empty_the_database()
    run = take_in("all.zip", before)
    assert run.status == Run.Status.SUCCEEDED, run.error
    assert (run.kind, run.outcome["refused"]) == ("facsweb", 0), run.outcome
    assert run.outcome["faces_created"] == 8
    assert_bits_are_scores()
    assert (run.outcome["codings_created"], run.outcome["reviews_created"]) == (codings, reviews)
    after = content(export("facsweb", images=True))
    assert members(after) == members(before)
    assert after == before
    assert not get_user_model().objects.get(username="ada").is_active
    assert Face.objects.filter(is_drawn=True).count() == 1
    read = Coding.objects.filter(coder_kind="model", distance__gt=1).first()
    assert read.possible.emotions_in_words == "positive or surprise"
    assert (read.pose, read.compared_with) == (POSE, "neutral")


def test_history_in_others_names_is_marked_with_its_import(
    study, export, take_in, as_user, client_of, boss
):
    """For ever: in each row, in the audit, on the page and in the API, when the import is gone."""
    assert not Coding.objects.filter(brought_by__isnull=False).exists()
    data = content(export("facsweb", images=True))
    empty_the_database()
    run = take_in("all.zip", data)
    pk = run.pk
    assert set(Coding.objects.values_list("brought_by", flat=True)) == {pk}
    assert set(Review.objects.values_list("brought_by", flat=True)) == {pk}
    told = [each.told for each in entries_about("import", [pk]) if "history" in each.action]
    counts = {name: count for each in told for name, count in each.items()}
    assert counts == {"codings": Coding.objects.count(), "reviews": Review.objects.count()}
    run.delete()
    reader = get_user_model().objects.filter(is_active=True).latest("pk")
    face = Review.objects.first().face
    page = as_user(reader).get(f"/faces/{face.pk}/").content.decode()
    assert f"brought in by import {pk}" in page
    client = client_of(reader)
    assert client.get("/api/v1/codings/").json()["results"][0]["brought_by"] == pk
    assert client.get("/api/v1/reviews/").json()["results"][0]["brought_by"] == pk


def test_who_had_looked_at_a_face_is_not_blind_to_it_after_an_import(study, export, take_in):
    before = FirstLook.objects.select_related("face").get()
    data = content(export("facsweb", images=True))
    empty_the_database()
    take_in("all.zip", data)
    look = FirstLook.objects.get()
    assert (look.user.username, look.face.sha256) == ("ada", before.face.sha256)
    assert look.at == before.at
    assert Coder.objects.get(user=look.user).rest_is_absent


def test_an_anonymous_export_tells_nothing_of_who_looked(study, export):
    written = members(content(export("facsweb", anonymous=True)))
    assert written["first_looks.jsonl"] == b""


def test_a_dry_run_counts_what_is_new_and_writes_nothing(study, export, take_in):
    data = content(export("facsweb", images=True))
    dry = ImportOptions(dry_run=True)
    here = take_in("all.zip", data, options=dry)
    assert here.outcome.get("codings_created", 0) == here.outcome.get("faces_created", 0) == 0
    empty_the_database()
    run = take_in("all.zip", data, options=dry)
    assert (run.status, run.outcome["refused"]) == (Run.Status.SUCCEEDED, 0), run.error
    assert not Face.objects.exists()
    assert not Coding.objects.exists()
    wet = take_in("all.zip", data).outcome
    for name in ("faces_created", "codings_created", "reviews_created", "neutral_created"):
        assert run.outcome[name] == wet[name]


def test_importing_it_twice_changes_nothing(study, export, take_in):
    before = content(export("facsweb", images=True))
    rows = Coding.objects.count(), Review.objects.count(), Face.objects.count()
    run = take_in("all.zip", before)
    assert run.status == Run.Status.SUCCEEDED
    assert (Coding.objects.count(), Review.objects.count(), Face.objects.count()) == rows
    assert run.outcome["refused"] == 0
    assert run.outcome.get("codings_created", 0) == 0
    assert content(export("facsweb", images=True)) == before


def test_two_exports_are_the_same_bytes(study, export):
    assert content(export("facsweb")) == content(export("facsweb"))


def test_without_pictures_known_faces_are_still_found(study, export, take_in):
    run = take_in("all.zip", content(export("facsweb")))
    assert run.status == Run.Status.SUCCEEDED
    assert run.outcome["refused"] == 0


def test_without_pictures_unknown_faces_are_refused_row_by_row(study, export, take_in):
    data = content(export("facsweb"))
    empty_the_database()
    run = take_in("all.zip", data)
    assert run.status == Run.Status.SUCCEEDED
    assert not Face.objects.exists()
    assert not Coding.objects.exists()
    with run.refused.open("rb") as file:
        told = file.read().decode()
    assert "Export with images" in told
    assert told.splitlines()[0] == "file,line,field,refused_line,reason"


def test_a_truth_that_is_here_stays(study, export, take_in, ben):
    from annotations.codings.reading import Reading
    from annotations.review.context import ReviewContext, Statement
    from annotations.review.decisions import correct

    data = content(export("facsweb", images=True))
    empty_the_database()
    take_in("all.zip", data)
    face = Face.objects.first()
    truth = face.codings.accepted().get()
    correct(ReviewContext(face, ben, seen=truth.pk), Statement(Reading("surprise")))
    take_in("all.zip", data)
    assert face.codings.accepted().get().emotion == "surprise"


def _tampered(data: bytes, change) -> bytes:
    parts = members(data)
    change(parts)
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, part in parts.items():
            archive.writestr(name, part)
    return buffer.getvalue()


def _manifest(parts, **changed):
    parts["manifest.json"] = json.dumps({**json.loads(parts["manifest.json"]), **changed}).encode()


@pytest.mark.parametrize(
    ("change", "word"),
    [
        (lambda parts: parts.update({"codings.jsonl": parts["codings.jsonl"] + b"{}\n"}), "as its"),
        (lambda parts: parts.update({"codings.jsonl": b""}), "as its"),
        (lambda parts: parts.pop("reviews.jsonl"), "members"),
        (lambda parts: parts.update({"evil.sh": b"x"}), "members"),
        (lambda parts: parts.update({"../evil.png": b"x"}), "members"),
        (lambda parts: _manifest(parts, version=3), "version"),
        (lambda parts: _manifest(parts, format="other"), "not that of"),
        (lambda parts: _manifest(parts, members=[]), "lacks"),
        (lambda parts: parts.update({"manifest.json": b"{"}), "no readable"),
    ],
)
def test_what_was_tampered_with_is_refused_whole(study, export, take_in, change, word):
    data = _tampered(content(export("facsweb", images=True)), change)
    empty_the_database()
    run = take_in("all.zip", data)
    assert run.status == Run.Status.FAILED
    assert word in run.error
    assert not Face.objects.exists()
    assert not any((settings.VAR_DIR / "transfers").iterdir())


def test_pages_of_lies_are_refused_row_by_row(study, export, take_in):
    """A manifest that fits its members says nothing of what stands in them."""
    import hashlib

    def lie(parts):
        lines = parts["codings.jsonl"].splitlines()
        first = json.loads(lines[0])
        for wrong in (
            {"emotion": "bored"}, {"coder_kind": "god"}, {"face": "x"}, {"created_at": "soon"},
            {"is_blind": True}, {"number": 2**40}, {"scores": [{"au": 99}]}, {"scores": 1},
            {"extra": 1}, {"based_on": 10**6}, {"emotion_probabilities": 0.5}, {"more": 1},
            {"source": "x" * 10_000}, {"source": "a\x00b"}, {"coder": "nobody"},
        ):  # fmt: skip
            other = {"number": 900, "created_at": "2020-01-01T00:00:00+00:00"}
            lines.append(json.dumps({**first, **other, **wrong}).encode())
        lines += [b"[]", b"null", b"{", b'"x"', b"NaN"]
        parts["codings.jsonl"] = b"\n".join(lines) + b"\n"
        manifest = json.loads(parts["manifest.json"])
        manifest["members"]["codings.jsonl"] = {
            "bytes": len(parts["codings.jsonl"]),
            "sha256": hashlib.sha256(parts["codings.jsonl"]).hexdigest(),
            "rows": len(lines),
        }
        parts["manifest.json"] = json.dumps(manifest).encode()

    data = _tampered(content(export("facsweb", images=True)), lie)
    rows = Coding.objects.count()
    empty_the_database()
    run = take_in("all.zip", data)
    assert run.status == Run.Status.SUCCEEDED, run.error
    assert Coding.objects.count() == rows
    assert run.outcome["refused"] == 20
