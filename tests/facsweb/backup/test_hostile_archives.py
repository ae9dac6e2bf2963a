"""Archives that are damaged, forged or of the future: refused in words, and nothing is written."""

from __future__ import annotations

import gzip
import json
import resource
import tarfile

import pytest
from django.conf import settings
from django.core.files.storage import default_storage
from django.core.management import CommandError, call_command
from django.test import override_settings

from facsweb.backup.errors import BadBackup, CannotRestore, NewerBackup
from facsweb.backup.make import make_backup
from facsweb.backup.restore import restore_backup
from facsweb.backup.rows import load_rows
from facsweb.backup.schema import applied_migrations, tables_of
from facsweb.backup.verify import verify
from tests.facsweb.backup.archives import contents_of, forged, write
from tests.facsweb.backup.machines import at
from tests.factories import make_face

pytestmark = pytest.mark.django_db


@pytest.fixture
def good(machine, tmp_path):
    with at(machine()):
        make_face()
        make_face()
        return make_backup(tmp_path / "good.tar", lambda *_: None).path


def refuse(path, match, kind=BadBackup):
    with pytest.raises(kind, match=match):
        verify(path, lambda *_: None)


def test_the_good_one_is_good_and_may_have_been_packed_anew(good, tmp_path, capsys):
    call_command("restore", str(good), check=True)
    assert "good.tar is whole: made 20" in capsys.readouterr().out
    verify(write(tmp_path / "again.tar", contents_of(good)), lambda *_: None)


@pytest.mark.parametrize(
    "name",
    [
        "../../etc/cron.d/x",
        "/etc/cron.d/x",
        "media/../../x",
        "media//x",
        "media/a\\..\\x",
        "media/a\nb",
        "media/.ssh/keys",
        "media/" + "x" * 500,
    ],
)
def test_name_that_leads_elsewhere(good, tmp_path, name):
    refuse(write(tmp_path / "a.tar", [*contents_of(good)[:1], (name, b"x")]), "leads out|hidden")


@pytest.mark.parametrize(
    ("kind", "match"),
    [
        (tarfile.SYMTYPE, "a link"),
        (tarfile.LNKTYPE, "a link"),
        (tarfile.CHRTYPE, "a device"),
        (tarfile.BLKTYPE, "a device"),
        (tarfile.FIFOTYPE, "a pipe"),
        (tarfile.DIRTYPE, "a folder"),
        (tarfile.GNUTYPE_SPARSE, "an entry of type"),
        (tarfile.XHDTYPE, "an entry of type"),
    ],
)
def test_what_is_no_plain_file(good, tmp_path, kind, match):
    contents = [*contents_of(good)[:1], ("media/x", b"")]
    refuse(write(tmp_path / "a.tar", contents, kinds={"media/x": kind}), match)


def test_cut_off_anywhere(good, tmp_path):
    whole = good.read_bytes()
    for length in (0, 100, 512, len(whole) // 3, len(whole) // 2, len(whole) - 1024):
        path = tmp_path / f"{length}.tar"
        path.write_bytes(whole[:length])
        refuse(path, "cut off")


def test_one_flipped_bit_is_found_wherever_it_is(good, tmp_path):
    whole = good.read_bytes()
    for place in range(600, len(whole) - 1024, len(whole) // 40):
        path = tmp_path / "flipped.tar"
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
        if contents_of_or_none(path) != contents_of(good):  # padding holds nothing
            refuse(path, ".")


def contents_of_or_none(path):
    try:
        return contents_of(path)
    except BadBackup:
        return None


def test_picture_that_was_changed_is_named(good, tmp_path):
    contents = contents_of(good)
    place = next(i for i, (name, _) in enumerate(contents) if name.startswith("media/faces"))
    name, data = contents[place]
    contents[place] = (name, data[:-1] + b"?")
    refuse(write(tmp_path / "a.tar", contents), f"{name} doesn't match its checksum")
    contents[place] = (name, data + b"?")
    refuse(write(tmp_path / "b.tar", contents), "bytes, and files.jsonl says")
    del contents[place]
    refuse(write(tmp_path / "c.tar", contents), "where files.jsonl names")
    contents.insert(place, (name, data))
    contents.insert(-2, ("media/faces/extra.png", b"x"))
    refuse(write(tmp_path / "d.tar", contents), r"extra.png', which files.jsonl doesn't name")
    refuse(write(tmp_path / "e.tar", [*contents_of(good), ("media/x", b"x")]), "after its manifest")
    refuse(write(tmp_path / "f.tar", contents_of(good)[:-2]), "holds no files.jsonl")
    refuse(write(tmp_path / "g.tar", contents_of(good)[:-1]), "holds no manifest.json")


def test_bomb_is_refused_by_what_it_unpacks_to(good, tmp_path):
    table = "database/1/annotations_face.jsonl.gz"
    bomb = gzip.compress(b"0" * (20 << 20), 9)

    def plant(held):
        manifest = json.loads(held["manifest.json"])
        manifest["tables"]["annotations_face"] |= {"rows": 1, "unpacked": 20 << 20}
        held |= {table: bomb, "manifest.json": json.dumps(manifest).encode()}

    path = write(tmp_path / "a.tar", forged(contents_of(good), plant))
    refuse(path, "annotations_face.jsonl.gz unpacks to more")
    # A header that states a size that no disk holds takes no memory either.
    header = tarfile.TarInfo("media/huge")
    header.size = 1 << 60
    begun = write(tmp_path / "b.tar", contents_of(good)[:1]).read_bytes().rstrip(b"\0")
    begun += bytes(-len(begun) % 512)
    path.write_bytes(begun + header.tobuf(tarfile.GNU_FORMAT) + b"x" * 5000)
    refuse(path, "cut off")


def test_what_isn_t_a_backup(tmp_path, good):
    for name, data in (
        ("a.zip", b"PK\3\4" + b"x" * 2000),
        ("b.tar.gz", gzip.compress(b"x" * 5000)),
    ):
        (tmp_path / name).write_bytes(data)
        refuse(tmp_path / name, "isn't a backup|cut off")
    refuse(write(tmp_path / "c.tar", [("hello", b"x")]), "doesn't begin with backup.json")
    refuse(tmp_path, "isn't a file")
    refuse(tmp_path / "nowhere.tar", "isn't a file")
    refuse(write(tmp_path / "d.tar", [("backup.json", b"[1]")]), "isn't an object")
    refuse(write(tmp_path / "e.tar", [("backup.json", b"{")]), "malformed")


def head_with(good, tmp_path, **changes):
    def plant(held):
        head = json.loads(held["backup.json"])
        changed = {key: value(head[key]) for key, value in changes.items()}
        held["backup.json"] = json.dumps(head | changed).encode()

    return write(tmp_path / "head.tar", forged(contents_of(good), plant))


def test_newer_format_and_newer_tables_are_refused_as_such(good, tmp_path):
    newer = head_with(good, tmp_path, format=lambda now: now + 1)
    refuse(newer, "format 2, and this facsweb reads up to 1. Update", NewerBackup)
    newer = head_with(good, tmp_path, migrations=lambda now: [*now, ["annotations", "9999_moods"]])
    refuse(newer, r"newer facsweb.*annotations\.9999_moods. Update", NewerBackup)
    other = head_with(good, tmp_path, migrations=lambda now: [*now, ["emoji", "0001_initial"]])
    refuse(other, "apps that aren't installed here: emoji")
    gap = head_with(
        good, tmp_path, migrations=lambda now: [each for each in now if each[1] != "0002_snapshots"]
    )
    refuse(gap, "lacks what .* needs")


def test_forged_rows_leave_the_machine_and_its_bucket_as_they_were(good, machine, tmp_path):
    """All digests are right, but a face is of nobody: that shows when all is loaded and put."""

    def plant(held):
        name = "database/1/annotations_subject.jsonl.gz"
        manifest = json.loads(held["manifest.json"])
        manifest["tables"]["annotations_subject"] |= {"rows": 0, "unpacked": 0}
        held |= {name: gzip.compress(b""), "manifest.json": json.dumps(manifest).encode()}

    def look(done, total, stage):
        if default_storage.exists("faces"):
            put.update(default_storage.listdir("faces")[1])

    path = write(tmp_path / "a.tar", forged(contents_of(good), plant))
    verify(path, lambda *_: None)
    bucket = {"BACKEND": "django.core.files.storage.InMemoryStorage"}
    put: set[str] = set()
    with (
        at(machine(bare=True)) as here,
        override_settings(STORAGES={**settings.STORAGES, "default": bucket}),
    ):
        with pytest.raises(BadBackup, match="don't fit together"):
            restore_backup(path, look)
        assert put
        assert not default_storage.listdir("faces")[1]
        assert [each.name for each in here.folder.rglob("*") if each.is_file()] == []


def test_backup_of_a_bucket(machine, tmp_path):
    bucket = {"BACKEND": "django.core.files.storage.InMemoryStorage"}
    with at(machine()), override_settings(STORAGES={**settings.STORAGES, "default": bucket}):
        face = make_face()
        made = make_backup(tmp_path / "a.tar", lambda *_: None)
        assert made.head.storage == "bucket"
        with face.file.open("rb") as file:
            assert dict(contents_of(made.path))[f"media/{face.file.name}"] == file.read()
        with pytest.raises(CannotRestore, match="bucket isn't empty"):
            restore_backup(made.path, lambda *_: None, replace=True)


@pytest.mark.parametrize("name", ["../../etc/passwd", "/etc/passwd", "faces/../../x"])
def test_row_that_names_a_file_elsewhere(name):
    (table,) = [
        each for each in tables_of(applied_migrations()) if each.label == "annotations.Face"
    ]
    row = [name if place in table.file_columns else 1 for place in range(len(table.columns))]
    with pytest.raises(BadBackup, match="leads out"):
        load_rows(table, iter([json.dumps(row).encode()]))


def test_full_disk_leaves_the_machine_as_it_was(good, machine):
    with at(machine(bare=True)) as here:
        former = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (64 << 10, former[1]))
        try:
            with pytest.raises(CannotRestore, match=r"couldn't be written.*as it was"):
                restore_backup(good, lambda *_: None)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, former)
        assert [each.name for each in here.folder.rglob("*") if each.is_file()] == []


def test_command_names_the_file(tmp_path):
    (tmp_path / "a.tar").write_bytes(b"")
    with pytest.raises(CommandError, match=r"a\.tar: It is cut off"):
        call_command("restore", str(tmp_path / "a.tar"), check=True)
