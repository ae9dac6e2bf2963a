"""What a row names is on the disk, and not only in its cache, when the row is written."""

import pytest
from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import transaction

from annotations.faces import storage
from annotations.faces.rollback import files_with_rows, store
from annotations.models import Face
from annotations.review.upload import Picture, upload_face, upload_faces
from tests.factories import png

pytestmark = pytest.mark.django_db


@pytest.fixture
def synced(monkeypatch):
    """Paths that were synced."""
    paths = []
    monkeypatch.setattr(storage, "_sync", paths.append)
    return paths


def _files() -> set:
    return {path for path in settings.MEDIA_ROOT.rglob("*") if path.is_file()}


def test_a_picture_and_its_folder_are_synced(ben, synced):
    upload_face(ben, Picture(png(), "S001"))
    assert len(_files()) == 1
    assert {*_files(), settings.MEDIA_ROOT / "faces"} <= {*synced}
    assert settings.MEDIA_ROOT in synced, "a new folder is an entry of the one above"


def test_a_batch_is_synced_at_its_end_each_folder_once(ben, synced):
    default_storage.save("faces/before.png", ContentFile(b"x"))
    synced.clear()
    upload_faces(ben, [Picture(png(), "S001") for _ in range(5)])
    assert len(synced) == 5 + 1
    assert {*synced} >= {settings.MEDIA_ROOT / face.file.name for face in Face.objects.all()}


def test_a_file_that_was_taken_back_is_not_looked_for(synced):
    with storage.synced_together(), transaction.atomic():
        name = default_storage.save("faces/a.png", ContentFile(b"x"))
        default_storage.delete(name)
    assert settings.MEDIA_ROOT / name not in synced


def test_file_that_another_has_stored_under_the_name_since_is_not_taken_back():
    """A worker is stopped within its transaction, and woken when another has done its work."""
    with pytest.raises(RuntimeError), files_with_rows():
        face = Face(sha256="a" * 64)
        store(face.file, "same.png", b"mine")
        face.file.storage.delete(face.file.name)  # as a file that no row names
        again = face.file.storage.save(face.file.name, ContentFile(b"another's"))
        assert again == face.file.name
        raise RuntimeError("the run is another worker's by now")
    with face.file.storage.open(again) as file:
        assert file.read() == b"another's"
