"""Archives within an archive: the limits and the distrust are the outer one's."""

import io
import tarfile
import zipfile

import pytest

from annotations.formats.readers import UnreadableSource
from annotations.formats.readers.archive import Limits, unpack


def zipped(*members: tuple[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members:
            archive.writestr(name, data)
    return buffer.getvalue()


def tarred(name: str, data: bytes) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        info = tarfile.TarInfo(name)
        info.size = len(data)
        archive.addfile(info, io.BytesIO(data))
    return buffer.getvalue()


@pytest.fixture
def take_apart(tmp_path):
    """`take_apart(bytes)`: (names of what came out, what was refused)"""

    def take(data: bytes, limits: Limits | None = None):
        archive, into = tmp_path / "sent", tmp_path / "tree"
        archive.write_bytes(data)
        unpacked = unpack(archive, into, limits)
        names = sorted(p.relative_to(into).as_posix() for p in into.rglob("*") if p.is_file())
        return names, unpacked.errors

    return take


def test_members_lie_in_a_folder_named_after_their_archive(take_apart):
    inner = zipped(("a.png", b"1"))
    names, errors = take_apart(zipped(("FACS.zip", inner), ("x/b.tar.gz", tarred("b.csv", b"2"))))
    assert names == ["FACS/a.png", "x/b/b.csv"]
    assert not errors


@pytest.mark.parametrize("inner", ["zip", "tar"])
def test_a_bomb_in_an_archive_refuses_the_whole_and_leaves_nothing(take_apart, tmp_path, inner):
    zeros = b"\0" * 30_000_000
    bomb = zipped(("a.csv", zeros)) if inner == "zip" else tarred("a.csv", zeros)
    with pytest.raises(UnreadableSource, match="bomb"):
        take_apart(zipped(("good.png", b"1"), (f"b.{inner}", bomb)))
    assert not list((tmp_path / "tree").iterdir())


def test_many_small_bombs_are_one(take_apart):
    small = zipped(("a.csv", b"\0" * 4_000_000))
    with pytest.raises(UnreadableSource, match="bomb"):
        take_apart(zipped(*((f"{n}.zip", small) for n in range(30))))


@pytest.mark.parametrize("name", ["../evil.png", "/etc/evil.png", "a/../../evil.png"])
def test_a_name_that_leaves_the_inner_folder_refuses_the_whole(take_apart, name):
    with pytest.raises(UnreadableSource):
        take_apart(zipped(("a.zip", zipped((name, b"1")))))


def test_members_of_all_archives_are_counted_together(take_apart):
    inner = zipped(("a.png", b"1"), ("b.png", b"2"))
    with pytest.raises(UnreadableSource, match="members"):
        take_apart(zipped(("a.zip", inner), ("b.zip", inner)), Limits(members=5))


@pytest.mark.parametrize(("name", "data"), [("a.png", b""), ("a.png", b"x" * 66), ("a.txt", b"")])
def test_an_archive_of_empty_files_is_refused_before_it_is_read(take_apart, tmp_path, name, data):
    members = [(f"S{n}/{name}", data) for n in range(21)]
    with pytest.raises(UnreadableSource, match="More than 20 files of the archive are empty"):
        take_apart(zipped(*members), Limits(hollow=20))
    assert not list((tmp_path / "tree").iterdir())
    names, errors = take_apart(zipped(*members[:20]), Limits(hollow=20))
    assert (len(names), errors) == (20, [])


@pytest.mark.parametrize("cut", [10, -30])
def test_a_damaged_archive_is_refused_by_itself(take_apart, cut):
    inner = zipped(("a.png", b"1" * 1000))[:cut]
    names, (error,) = take_apart(zipped(("a.zip", inner), ("b.png", b"2")))
    assert names == ["b.png"]
    assert error.file == "a.zip"
    assert "damaged" in error.message


def test_a_damaged_tar_is_refused_by_itself(take_apart):
    names, errors = take_apart(
        zipped(("a.tgz", tarred("a.png", b"1" * 9000)[:60]), ("b.png", b"2"))
    )
    assert "b.png" in names
    assert [error.file for error in errors] == ["a.tgz"]


def test_a_file_with_the_name_of_a_folder_sinks_nothing_else(take_apart):
    names, (error,) = take_apart(
        zipped(("a.png", b"1"), ("a.png.zip", zipped(("x.png", b"2"))), ("b.png", b"3"))
    )
    assert names == ["a.png", "b.png"]
    assert error.file == "a.png/x.png"
