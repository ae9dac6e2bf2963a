"""Compared models' crops are named, and said to differ where they do."""

from __future__ import annotations

import pytest

from tests.factories import import_coder, make_version
from tests.training.comparing import compared, labelled_faces, read_all

pytestmark = pytest.mark.django_db


def test_preprocessing_is_named_and_said_to_differ(ben, as_user, client_of):
    faces = labelled_faces(subjects=5, each=1)
    sides = [
        make_version("VGG16-one", preprocessing_version=1).coder,
        make_version("VGG16-two", preprocessing_version=2).coder,
        import_coder(),
    ]
    for coder in sides[:2]:
        read_all(coder, faces)
    shown, same = compared(*sides), compared(sides[0], sides[2])
    answer = client_of(ben).get(f"/api/v1/comparisons/{shown.pk}/").json()
    assert [each["preprocessing_version"] for each in answer["coders"]] == [1, 2, None]
    page = as_user(ben).get(f"/comparisons/{shown.pk}/").content.decode()
    assert "<small>preprocessing 2</small>" in page
    assert "Preprocessing differs: VGG16-one sees" in page
    assert (
        "VGG16-one sees crops by version 1; VGG16-two sees crops by version 2. A crop can" in page
    )
    page = as_user(ben).get(f"/comparisons/{same.pk}/").content.decode()
    assert "Preprocessing: VGG16-one sees crops by version 1. A crop can make a gap." in page
    assert "Preprocessing differs" not in page


def test_framings_that_differ_are_no_same_crops(ben, as_user):
    faces = labelled_faces(subjects=5, each=1)
    sides = [
        make_version(name, preprocessing_version=4, framing=name).coder
        for name in ("tight", "wide")
    ]
    for coder in sides:
        read_all(coder, faces)
    page = as_user(ben).get(f"/comparisons/{compared(*sides).pk}/").content.decode()
    assert "Preprocessing differs: tight sees crops by version 4, tight; wide sees crops by" in page
