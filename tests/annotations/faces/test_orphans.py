import os

import pytest
from django.conf import settings
from django.core.management import call_command

from annotations.faces.orphans import remove_orphans
from tests.factories import make_face

pytestmark = pytest.mark.django_db


def test_only_settled_files_without_a_row_go():
    face = make_face()
    folder = settings.MEDIA_ROOT / "faces"
    old, new = folder / "old.png", folder / "new.png"
    for path in (old, new):
        path.write_bytes(b"x")
    for path in folder.iterdir():
        if path != new:
            os.utime(path, (0, 0))
    assert remove_orphans() == 1
    assert {path.name for path in folder.iterdir()} == {"new.png", face.file.name[6:]}


def test_without_any_picture_there_is_nothing_to_do(capsys):
    call_command("remove_orphans")
    assert "0 files removed" in capsys.readouterr().out


@pytest.mark.parametrize(
    "folder", ["thumbnails", "neutral", "imports", "refused", "exports", "explanations"]
)
def test_every_app_s_files_are_looked_through(folder):
    path = settings.MEDIA_ROOT / folder / "left"
    path.parent.mkdir(parents=True)
    path.write_bytes(b"x")
    os.utime(path, (0, 0))
    assert remove_orphans() == 1
    assert not path.exists()
