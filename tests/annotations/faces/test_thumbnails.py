"""Thumbnails: made by a worker or by who asks first, found by their names, gone with the face."""

import io
import os
from pathlib import Path

import pytest
from django.conf import settings
from django.core.files.storage import default_storage
from django.core.management import CommandError, call_command
from PIL import Image

from annotations.faces import thumbnails
from annotations.faces.images import UnreadableImage
from annotations.faces.orphans import remove_orphans
from annotations.faces.services import Place, add_face, check_image
from annotations.faces.storage import DurableFileSystemStorage
from annotations.faces.thumbnails import (
    SIDES,
    draw,
    draw_missing,
    make_thumbnails,
    names_of,
    open_thumbnail,
)
from annotations.models import Face
from annotations.review.upload import Picture, upload_face
from annotations.transfers.tasks import draw_thumbnails
from tests.factories import make_face, make_subject, png

pytestmark = pytest.mark.django_db


def stored() -> set[str]:
    folder = settings.MEDIA_ROOT / "thumbnails"
    return {f"thumbnails/{path.name}" for path in folder.iterdir()} if folder.exists() else set()


def large(mode: str = "L", form: str = "PNG", size: tuple[int, int] = (640, 490)) -> bytes:
    buffer = io.BytesIO()
    Image.radial_gradient("L").resize(size).convert(mode).save(buffer, form)
    return buffer.getvalue()


def sizes(data: bytes) -> dict[int, tuple[int, int]]:
    found = {}
    for side, content in draw(data).items():
        with Image.open(io.BytesIO(content)) as small:
            assert small.format == "WEBP"
            found[side] = small.size
    return found


@pytest.mark.parametrize(("mode", "form"), [("L", "PNG"), ("RGBA", "PNG"), ("RGB", "JPEG")])
def test_each_size_is_drawn_in_the_picture_s_proportions(mode, form):
    assert sizes(large(mode, form)) == {128: (128, 98), 240: (240, 184), 480: (480, 368)}
    assert sizes(large(mode, form, (480, 640)))[240] == (180, 240)
    assert sizes(large(mode, form, (2600, 1300)))[480] == (480, 240)


def test_a_small_picture_is_not_made_larger():
    assert sizes(large(size=(200, 100))) == {128: (128, 64), 240: (200, 100), 480: (200, 100)}


def test_a_thumbnail_looks_like_the_picture():
    """In eight bits too of one that has sixteen, where clipping would leave it white."""
    grey = Image.radial_gradient("L").resize((640, 480))
    buffer = io.BytesIO()
    grey.point(lambda value: value * 256, "I").convert("I;16").save(buffer, "PNG")
    for data in (large(size=(640, 480)), buffer.getvalue()):
        with Image.open(io.BytesIO(draw(data)[240])) as small:
            found, wanted = small.convert("L").tobytes(), grey.resize(small.size).tobytes()
        apart = sum(abs(a - b) for a, b in zip(found, wanted, strict=True)) / len(wanted)
        assert apart < 3


def test_an_upload_makes_none_and_a_worker_all(ben):
    upload_face(ben, Picture(png(), "S001"))
    face = Face.objects.get()
    assert (stored(), face.has_thumbnails) == (set(), False)
    draw_thumbnails()
    face.refresh_from_db()
    assert (stored(), face.has_thumbnails) == ({*names_of(face)}, True)
    assert draw_missing() == 0


def test_who_asks_first_makes_them_and_nobody_again(as_user, ada, monkeypatch):
    face = make_face()
    addresses = [f"/faces/{face.pk}/thumbnail/{side}/" for side in SIDES]
    first = b"".join(as_user(ada).get(addresses[0]).streaming_content)
    assert stored() == {*names_of(face)}
    monkeypatch.setattr(thumbnails, "draw", lambda data: pytest.fail("it is there"))
    assert b"".join(as_user(ada).get(addresses[0]).streaming_content) == first
    assert all(as_user(ada).get(address).status_code == 200 for address in addresses)
    make_thumbnails(face)
    assert as_user(ada).get(f"/faces/{face.pk}/thumbnail/200/").status_code == 404
    assert stored() == {*names_of(face)}


def test_two_who_ask_at_once_leave_one_of_each(monkeypatch):
    face, real = make_face(), thumbnails.draw

    def draw_while_another_does(data):
        monkeypatch.setattr(thumbnails, "draw", real)
        make_thumbnails(face)
        return real(data)

    monkeypatch.setattr(thumbnails, "draw", draw_while_another_does)
    assert open_thumbnail(face, 128).read()
    assert stored() == {*names_of(face)}


def test_what_a_killed_process_began_is_made_again():
    face = make_face()
    make_thumbnails(face)
    path = Path(default_storage.path(names_of(face)[0]))
    whole = path.read_bytes()
    path.write_bytes(b"")
    assert open_thumbnail(face, 128).read() == whole
    assert path.read_bytes() == whole


def test_a_full_disk_keeps_nobody_from_looking(monkeypatch, as_user, ada):
    face = make_face()

    def full(storage, name, content):
        Path(default_storage.path(name)).parent.mkdir(exist_ok=True)
        Path(default_storage.path(name)).write_bytes(content.read()[:10])
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(DurableFileSystemStorage, "_save", full)
    answer = as_user(ada).get(f"/faces/{face.pk}/thumbnail/240/")
    assert answer.status_code == 200
    assert b"".join(answer.streaming_content)[8:12] == b"WEBP"
    draw_thumbnails()
    with pytest.raises(CommandError, match="No space left"):
        call_command("draw_thumbnails")
    assert (stored(), Face.objects.get().has_thumbnails) == (set(), False)


def test_a_face_without_a_picture_holds_up_no_other(as_user, ada):
    gone, broken, sound = make_face(), make_face(), make_face()
    gone.file.storage.delete(gone.file.name)
    Path(broken.file.path).write_bytes(b"no picture")
    assert draw_missing() == 3
    assert stored() == {*names_of(sound)}
    for face in (gone, broken):
        assert as_user(ada).get(f"/faces/{face.pk}/thumbnail/240/").status_code == 404
    with pytest.raises(UnreadableImage):
        open_thumbnail(broken, 240)


def test_a_subject_who_withdraws_meanwhile_leaves_none(monkeypatch):
    """The worker has read the picture; before it writes, rows and files go."""
    face, real = make_face(), thumbnails.draw

    def draw_while_it_goes(data):
        Face.objects.filter(pk=face.pk).delete()
        return real(data)

    monkeypatch.setattr(thumbnails, "draw", draw_while_it_goes)
    make_thumbnails(face)
    assert stored() == set()


def test_the_command_goes_through_all_and_old_files_go(capsys):
    faces = [make_face() for _ in range(3)]
    old = settings.MEDIA_ROOT / "thumbnails" / f"{faces[0].stored_sha256}.jpg"
    old.parent.mkdir()
    old.write_bytes(b"of an earlier version")
    os.utime(old, (0, 0))
    call_command("draw_thumbnails")
    assert (
        "3 faces gone through; 1 stored file that nobody needs removed." in capsys.readouterr().out
    )
    assert stored() == {name for face in faces for name in names_of(face)}


def test_thumbnails_without_a_face_are_orphans():
    kept, gone = make_face(), make_face()
    draw_missing()
    for name in stored():
        os.utime(default_storage.path(name), (0, 0))
    Face.objects.filter(pk=gone.pk).update(sha256="0" * 64, stored_sha256="1" * 64)
    assert remove_orphans() >= len(SIDES)
    assert stored() == {*names_of(kept)}


def test_before_metadata_was_removed_names_follow_the_file_as_it_was_sent():
    face, _ = add_face(check_image(png()), Place(make_subject(), "001", 1))
    Face.objects.update(stored_sha256="")
    draw_missing()
    for name in stored():
        os.utime(default_storage.path(name), (0, 0))
    assert all(face.sha256 in name for name in stored())
    remove_orphans()
    assert len(stored()) == len(SIDES)
