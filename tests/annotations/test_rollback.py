"""A file goes the way of the row that names it."""

import pytest
from django.conf import settings
from django.db import transaction

from annotations.faces.rollback import files_with_rows, remove_after_commit
from annotations.faces.services import Place, add_face, check_image
from annotations.models import Face, Subject
from tests.factories import make_face, png

pytestmark = pytest.mark.django_db


class Failure(Exception):
    pass


def _files() -> set[str]:
    root = settings.MEDIA_ROOT
    return {str(path.relative_to(root)) for path in root.rglob("*") if path.is_file()}


def _add() -> Face:
    face, created = add_face(check_image(png()), Place(Subject.objects.create(code="S900")))
    assert created
    return face


def test_what_fails_later_takes_the_files_along():
    with pytest.raises(Failure), files_with_rows():
        _add()
        assert len(_files()) == 1
        raise Failure
    assert _files() == set()
    assert not Face.objects.exists()


def test_a_failure_within_leaves_what_stands_around_it():
    with files_with_rows():
        kept = make_face()
        with pytest.raises(Failure), files_with_rows():
            _add()
            raise Failure
    assert _files() == {kept.file.name}


def test_an_inner_block_goes_with_the_outer_one():
    with pytest.raises(Failure), files_with_rows():
        with files_with_rows():
            _add()
        raise Failure
    assert _files() == set()


@pytest.mark.django_db(transaction=True)
def test_a_file_is_kept_until_its_removal_is():
    face = make_face()
    with pytest.raises(Failure), transaction.atomic():
        remove_after_commit(face.file)
        raise Failure
    assert _files() == {face.file.name}
    with transaction.atomic():
        remove_after_commit(face.file)
        assert _files() == {face.file.name}
    assert _files() == set()
