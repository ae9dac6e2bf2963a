"""An upload and a withdrawal at once: whichever commits last, the picture is gone."""

from __future__ import annotations

import threading

import pytest
from django.db import connection, connections, transaction

from annotations.faces.services import Place, add_face, check_image
from annotations.models import Face, Subject
from annotations.tombstones import SubjectWithdrew
from annotations.withdrawal.carry_out import remove_rows
from annotations.withdrawal.services import queue_withdrawal
from tests.factories import make_face, make_subject, png

pytestmark = pytest.mark.django_db(transaction=True)
PICTURE = png(shade=77)


@pytest.fixture
def at_once(settings, tmp_path):
    """`at_once(first, second)`: the second begins within the first's transaction; its error."""
    if connection.vendor != "postgresql":
        pytest.skip("SQLite has one writer at a time, and tests have its database in memory.")
    settings.VAR_DIR = tmp_path

    def run(first, second) -> BaseException | None:
        errors: list[BaseException] = []

        def work() -> None:
            try:
                second()
            except BaseException as error:
                errors.append(error)
            finally:
                connections.close_all()

        thread = threading.Thread(target=work)
        with transaction.atomic():
            first()
            thread.start()
            thread.join(2)  # until it waits for the first; if it doesn't, it has ended
        thread.join(60)
        assert not thread.is_alive()
        return errors[0] if errors else None

    return run


def test_the_same_picture_under_another_code_waits_and_is_refused(at_once):
    face, _ = add_face(check_image(PICTURE), Place(make_subject("S1"), "001", 1))
    run = queue_withdrawal(face.subject, None, send=False)
    assert run.claim()
    other = make_subject("S2")
    error = at_once(
        lambda: remove_rows(run),
        lambda: add_face(check_image(PICTURE), Place(other, "001", 1), seems_new=True),
    )
    assert isinstance(error, SubjectWithdrew)
    assert not Face.objects.exists()


def test_a_new_picture_of_who_is_leaving_waits_and_is_refused(at_once):
    subject = make_face(make_subject("S1")).subject
    run = queue_withdrawal(subject, None, send=False)
    assert run.claim()
    error = at_once(
        lambda: remove_rows(run),
        lambda: add_face(check_image(png()), Place(subject, "002", 1), seems_new=True),
    )
    assert isinstance(error, SubjectWithdrew)
    assert not Face.objects.exists() and not Subject.objects.exists()


def test_a_withdrawal_waits_for_an_upload_and_takes_it_along(at_once):
    subject = make_face(make_subject("S1")).subject
    run = queue_withdrawal(subject, None, send=False)
    assert run.claim()
    error = at_once(
        lambda: add_face(check_image(png()), Place(subject, "002", 1), seems_new=True),
        lambda: remove_rows(run),
    )
    assert error is None
    assert not Face.objects.exists() and not Subject.objects.exists()
