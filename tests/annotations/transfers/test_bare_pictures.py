"""Nothing but pixels is kept of a picture, whatever it came with and by whichever door."""

import io
import json
import zipfile

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from PIL import Image, ImageCms, ImageOps

from annotations.faces import clean_stored
from annotations.faces.images import read_image
from annotations.faces.services import check_image
from annotations.faces.thumbnails import draw
from annotations.formats.bare.pictures import holds_another_format
from annotations.formats.bare.profiles import bare_profile
from annotations.models import Coding, Face, NeutralFrame, PictureCleaning
from annotations.transfers.import_rows import import_folder
from annotations.transfers.models import Import
from annotations.transfers.options import ImportOptions
from facsweb.audit.selectors import entries
from facsweb.jobs.models import Run
from facsweb.jobs.progress import Progress
from tests import hostile_pictures as hostile
from tests.annotations.transfers.archives import archive
from tests.factories import make_coding, make_face, make_subject, model_coder
from tests.hostile_pictures import HOSTILE, SECRET, digest

UNLABELLED = ImportOptions(unlabelled=True)
SIZE = {"max_bytes": 1 << 24, "max_pixels": 1 << 24}


def upright(data: bytes) -> bytes:
    with Image.open(io.BytesIO(data)) as picture:
        return ImageOps.exif_transpose(picture).convert("RGB").tobytes()


@pytest.mark.parametrize("kind", HOSTILE)
def test_only_pixels_stay_and_none_of_them_changes(kind):
    data = HOSTILE[kind]()
    image = read_image(data, **SIZE)
    assert SECRET not in image.data
    assert b"ACME" not in image.data
    for thumbnail in draw(image.data).values():
        assert SECRET not in thumbnail
        with Image.open(io.BytesIO(thumbnail)) as small:
            assert not small.getexif() and not {"exif", "xmp", "icc_profile"} & small.info.keys()
    assert not zipfile.is_zipfile(io.BytesIO(image.data))
    assert upright(image.data) == upright(data)
    with Image.open(io.BytesIO(image.data)) as kept:
        kept.load()
        assert dict(kept.getexif()).keys() <= {0x0112}
        assert SECRET not in repr(kept.info).encode()
    assert (image.sha256, image.stored_sha256) == (digest(data), digest(image.data))
    again = read_image(image.data, **SIZE)
    assert again.data == image.data


@pytest.mark.parametrize("form", ["PNG", "JPEG"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_picture_stays_as_people_see_it(form, orientation):
    buffer = io.BytesIO()
    hostile.drawing().save(buffer, form, exif=hostile.exif(orientation))
    image = read_image(buffer.getvalue(), **SIZE)
    assert upright(image.data) == upright(buffer.getvalue())
    assert (image.width, image.height) == ((64, 48) if orientation < 5 else (48, 64))


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "I;16", "CMYK"])
def test_a_picture_that_is_one_keeps_its_bytes(mode):
    grey = hostile.drawing().convert("L")
    picture = grey.point(lambda v: v * 256, "I").convert("I;16") if mode == "I;16" else None
    buffer = io.BytesIO()
    (picture or grey.convert(mode)).save(buffer, "JPEG" if mode == "CMYK" else "PNG")
    data = buffer.getvalue()
    assert read_image(data, **SIZE).data == data
    assert read_image(data + hostile.SCRIPT, **SIZE).data == data


def test_a_profile_loses_its_words_and_keeps_its_colours():
    before, after = hostile.profile(), bare_profile(hostile.profile())
    assert SECRET in before
    assert SECRET not in after
    assert bare_profile(after) == after
    shown = [
        ImageCms.profileToProfile(
            hostile.drawing(), io.BytesIO(each), ImageCms.createProfile("LAB"), outputMode="LAB"
        ).tobytes()
        for each in (before, after)
    ]
    assert shown[0] == shown[1]
    assert bare_profile(b"rubbish" * 40) is None


def _by_api(data, client_of, boss, take_in, tmp_path):
    image = SimpleUploadedFile("x.jpg", data, "image/jpeg")
    given = {"image": image, "subject": "S005"}
    client_of(boss).post("/api/v1/faces/", given, format="multipart")


def _by_batch(data, client_of, boss, take_in, tmp_path):
    rows = json.dumps([{"subject": "S005"}])
    given = {"images": [SimpleUploadedFile("x.jpg", data)], "rows": rows}
    client_of(boss).post("/api/v1/faces/batch/", given, format="multipart")


def _by_archive(data, client_of, boss, take_in, tmp_path):
    take_in("x.zip", archive({"S005/x.jpg": data}), options=UNLABELLED)


def _by_nested_archive(data, client_of, boss, take_in, tmp_path):
    inner = archive({"S005/x.jpg": data})
    take_in("x.zip", archive({"inner.zip": inner}), options=UNLABELLED)


def _by_folder(data, client_of, boss, take_in, tmp_path):
    (tmp_path / "set" / "S005").mkdir(parents=True, exist_ok=True)
    (tmp_path / "set" / "S005" / "x.jpg").write_bytes(data)
    import_folder(tmp_path / "set", unlabelled=True)


def _by_bundle(data, client_of, boss, take_in, tmp_path):
    """An export of a facsweb that did not clean yet."""
    from annotations.formats.records import FaceRecord, SubjectRecord
    from annotations.formats.writers.bundle import TABLES, BundleWriter

    named = digest(data)
    face = FaceRecord(named, "S005", "001", 3, 48, 64, "rgb", "jpg", "", "")
    with BundleWriter(tmp_path / "b.zip", anonymous=False, images=True) as bundle:
        rows = {"subjects": [SubjectRecord("S005", "", "", "")], "faces": [face]}
        for table in TABLES:
            bundle.write(table, rows.get(table, []))
        bundle.add_image("images", named, "jpg", data)
    take_in("b.zip", (tmp_path / "b.zip").read_bytes())


def _by_label_studio(data, client_of, boss, take_in, tmp_path):
    result = [{"type": "choices", "from_name": "emotion", "to_name": "image",
               "value": {"choices": ["positive"]}}]  # fmt: skip
    task = {"id": 1, "data": {"image": "x.jpg", "subject": "S005"},
            "annotations": [{"id": 1, "result": result, "completed_by": "ada"}]}  # fmt: skip
    take_in("ls.zip", archive({"export.json": json.dumps([task]), "x.jpg": data}))


DOORS = [
    _by_api, _by_batch, _by_archive, _by_nested_archive, _by_folder, _by_bundle, _by_label_studio,
]  # fmt: skip


@pytest.mark.django_db
@pytest.mark.parametrize("door", DOORS, ids=lambda door: door.__name__)
def test_no_door_lets_metadata_in_and_each_knows_the_original_again(
    door, client_of, boss, take_in, tmp_path, settings
):
    settings.VAR_DIR = tmp_path / "var"
    data = hostile.jpeg() + hostile.zipped()
    for _ in range(2):
        door(data, client_of, boss, take_in, tmp_path)
        door(hostile.jpeg(comment=b"another"), client_of, boss, take_in, tmp_path)
        face = Face.objects.get()  # other metadata, the same picture
    assert face.sha256 == digest(data)
    with face.file.open("rb") as file:
        assert digest(file.read()) == face.stored_sha256
    assert not Import.objects.exclude(file="").exists()  # what was sent goes when it is read
    assert SECRET not in hostile.all_that_is_kept(settings.MEDIA_ROOT)
    for named in (face.sha256, face.stored_sha256):
        known = client_of(boss).post("/api/v1/faces/known/", {"sha256": [named]}, format="json")
        assert known.json() == {"known": {named: face.pk}}


@pytest.mark.django_db
def test_neutral_frames_lose_theirs_too(tmp_path):
    for frame, data in (("00000001", hostile.png(1)), ("00000011", hostile.png(2))):
        path = tmp_path / "cohn-kanade-images" / "S005" / "001" / f"S005_001_{frame}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    labels = tmp_path / "Emotion" / "S005" / "001"
    labels.mkdir(parents=True)
    (labels / "S005_001_00000011_emotion.txt").write_text("5\n")
    import_folder(tmp_path)
    assert NeutralFrame.objects.get().sha256 == digest(hostile.png(1))
    assert SECRET not in hostile.all_that_is_kept(settings.MEDIA_ROOT)
    assert import_folder(tmp_path).neutral_created == 0


@pytest.mark.django_db
def test_downloads_exports_and_their_return(client_of, boss, ben, take_in, tmp_path, settings):
    from annotations.transfers import run_export
    from annotations.transfers.services import request_export
    from tests.annotations.transfers.conftest import content, empty_the_database

    settings.VAR_DIR = tmp_path / "var"
    image = check_image(hostile.jpeg())
    from annotations.faces.services import Place, add_face

    face, _ = add_face(image, Place(make_subject("S005"), "001", 3))
    make_coding(face)
    got = client_of(ben).get(f"/api/v1/faces/{face.pk}/image/")
    assert digest(b"".join(got)) == face.stored_sha256
    assert face.stored_sha256 in got["ETag"]
    run = request_export(ben, format="facsweb", images=True)
    assert run.claim()
    run_export.carry_out(run)
    run.refresh_from_db()
    data = content(run)
    assert take_in("own.zip", data).outcome["unchanged"] >= 2  # its face and its coding
    empty_the_database()
    assert take_in("own.zip", data).outcome["codings_created"] == 1
    back = Face.objects.get()
    assert (back.sha256, back.stored_sha256) == (face.sha256, face.stored_sha256)
    # Elsewhere the cleaned picture came in by itself: the export's history finds it.
    empty_the_database()
    take_in("x.zip", archive({"S005/S005_001_00000003.jpg": image.data}), options=UNLABELLED)
    assert Face.objects.get().sha256 == face.stored_sha256
    outcome = take_in("own.zip", data).outcome
    assert (outcome["codings_created"], outcome["refused"]) == (1, 0), outcome


@pytest.fixture
def stored_before(db):
    """Three faces as an earlier version stored them, with codings and predictions."""
    faces = []
    for number in range(3):
        face = make_face(make_subject("S005"))
        data = [hostile.jpeg(number), hostile.png(number), b""][number]
        if data:
            face.file.storage.delete(face.file.name)
            name = f"{digest(data)}.{'jpg' if number == 0 else 'png'}"
            face.sha256 = digest(data)
            face.file.save(name, io.BytesIO(data), save=False)
        face.stored_sha256 = ""
        face.save()
        make_coding(face)
        make_coding(face, model_coder())
        faces.append(face)
    return faces


def test_what_is_stored_already_is_cleaned_by_a_job_that_can_be_broken_off(
    stored_before, monkeypatch, django_capture_on_commit_callbacks
):
    said = list(Coding.objects.order_by("pk").values())
    digests = list(Face.objects.order_by("pk").values_list("sha256", flat=True))
    assert SECRET in hostile.all_that_is_kept(settings.MEDIA_ROOT)
    run = PictureCleaning.objects.create()
    assert run.claim()
    monkeypatch.setattr(Progress, "store", lambda self, done, total: done > 0)
    PictureCleaning.objects.filter(pk=run.pk).update(cancel_requested=True)
    with django_capture_on_commit_callbacks(execute=True):
        clean_stored.carry_out(run)
    assert run.status == Run.Status.CANCELLED
    assert Face.objects.filter(stored_sha256="").count() == 2  # one was done
    monkeypatch.undo()
    run = PictureCleaning.objects.create()
    assert run.claim()
    with django_capture_on_commit_callbacks(execute=True):
        clean_stored.carry_out(run)
    run.refresh_from_db()
    assert (run.status, run.error) == (Run.Status.SUCCEEDED, "")
    assert run.outcome == {"rewritten": 1, "bare": 1, "unreadable": []}
    entry = entries().filter(action="face.cleaned").first()
    assert (entry.about, entry.about_id) == ("picturecleaning", run.pk)
    assert entry.told == {"rewritten": 1, "bare": 1, "unreadable": 0}
    assert SECRET not in hostile.all_that_is_kept(settings.MEDIA_ROOT)
    assert list(Coding.objects.order_by("pk").values()) == said
    assert list(Face.objects.order_by("pk").values_list("sha256", flat=True)) == digests
    for face in Face.objects.all():
        with face.file.open("rb") as file:
            assert digest(file.read()) == face.stored_sha256
    assert len([p for p in settings.MEDIA_ROOT.rglob("*") if p.is_file()]) == 3  # no old ones


def test_a_lost_file_is_named_and_does_not_stop_the_others(stored_before, capsys):
    lost = stored_before[0]
    lost.file.storage.delete(lost.file.name)
    with pytest.raises(Exception, match=r"1 stored pictures could not be read.*\.jpg"):
        call_command("clean_pictures")
    assert "1 pictures had metadata" in capsys.readouterr().out
    assert list(Face.objects.filter(stored_sha256="")) == [lost]


@pytest.mark.parametrize(
    "hidden",
    [b"<ScRiPt", b"<SVG\n", b"<!DocType", b"<?PHP", b"%PDF-1", b"PK\5\6\0\0\0\0",
     b"Rar!\x1a\x07", b"7z\xbc\xaf\x27\x1c", b"<iframe", b"<HTML", b"<body"],
)  # fmt: skip
def test_the_quick_look_for_other_formats_misses_none(hidden):
    assert holds_another_format(b"\xff" * 1000 + hidden + b"\xff" * 1000)
    assert not holds_another_format(b"\xff" * 1000 + hidden[:-1] + b"\xff" * 1000)
