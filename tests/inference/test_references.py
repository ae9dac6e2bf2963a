"""A face is compared with its own neutral frame, else with enough of its subject's faces."""

import numpy as np
import pytest

from annotations.faces.neutral_frames import store_neutral
from annotations.faces.services import check_image
from annotations.facs.picture_quality import Quality
from annotations.facs.reference_kind import FEWEST_FOR_MEDIAN, ReferenceKind
from annotations.models import Coding, Face, NeutralFrame
from inference.ml.features import Features
from inference.ml.references import Picture, Reference, compared_with
from inference.references import references_of
from tests.factories import make_coding, make_face, make_subject, model_coder, png
from training.making.samples import freeze_truth


def neutral(subject, sequence, data=None):
    store_neutral(check_image(data or png()), subject=subject, sequence=sequence, frame=1)
    return NeutralFrame.objects.get(subject=subject, sequence=sequence)


@pytest.mark.django_db
def test_a_neutral_frame_of_the_same_sequence_comes_first_then_the_subjects_others():
    subject = make_subject()
    faces = [make_face(subject, sequence=sequence) for sequence in ("001", "002", "003")]
    own, other = neutral(subject, "001"), neutral(subject, "002")
    neutral(make_subject(), "003")  # somebody else's
    found = references_of(Face.objects.filter(subject=subject))
    assert {each.kind for each in found.values()} == {ReferenceKind.NEUTRAL}
    said = [[picture.sha256 for picture in found[face.pk].pictures] for face in faces]
    assert said == [[own.sha256], [other.sha256], [own.sha256, other.sha256]]
    assert found[faces[0].pk].pictures[0].source.name == own.file.name.removeprefix("neutral/")


@pytest.mark.django_db
def test_without_a_neutral_frame_it_is_the_median_of_the_subjects_faces():
    subject = make_subject()
    faces = [make_face(subject) for _ in range(FEWEST_FOR_MEDIAN)]
    found = references_of(Face.objects.filter(pk=faces[0].pk))[faces[0].pk]
    assert found.kind == ReferenceKind.MEDIAN
    assert {each.sha256 for each in found.pictures} == {face.sha256 for face in faces}


@pytest.mark.django_db
def test_too_few_faces_and_lost_files_are_no_reference():
    face = make_face(sequence="001")
    for _ in range(FEWEST_FOR_MEDIAN - 2):
        make_face(face.subject)
    frame = neutral(face.subject, "001")
    frame.file.storage.delete(frame.file.name)
    assert references_of(Face.objects.all()) == {}
    assert references_of(Face.objects.none()) == {}


@pytest.mark.django_db
def test_a_neutral_frame_is_not_compared_with_itself():
    data = png()
    frame = neutral(make_subject("S9"), "001", data)
    Face.objects.filter(pk=make_face(frame.subject, sequence="001").pk).update(sha256=frame.sha256)
    assert references_of(Face.objects.all()) == {}


@pytest.mark.django_db
def test_a_training_takes_references_along_and_its_data_are_others_without():
    from training.ml.dataset import dataset_sha256

    face = make_face(sequence="001")
    make_coding(face, emotion="positive")
    _, before = freeze_truth()
    frame = neutral(face.subject, "001")
    _, after = freeze_truth()
    assert before[0].reference is None
    assert after[0].reference.pictures[0].sha256 == frame.sha256
    assert dataset_sha256(before) != dataset_sha256(after)


@pytest.mark.django_db
def test_page_and_api_say_what_the_model_compared_with(as_user, ada):
    face = make_face()
    coding = make_coding(face, model_coder(), emotion="negative")
    client = as_user(ada)
    assert "compared the face with" not in client.get(f"/faces/{face.pk}/").content.decode()
    Coding.objects.filter(pk=coding.pk).update(compared_with="median")
    page = client.get(f"/faces/{face.pk}/").content.decode()
    assert "compared the face with the median of the subject’s faces" in page
    assert client.get(f"/api/v1/codings/{coding.pk}/").json()["compared_with"] == "median"


def features(found):
    found = np.array(found, dtype=np.float32)[:, None]
    count = len(found)
    numbers = np.arange(count, dtype=np.float32)[:, None]
    return Features(
        np.tile(numbers, 4), np.tile(numbers, 3) * found, found,
        (Quality.GOOD,) * count, (None,) * count,
    )  # fmt: skip


def test_the_median_of_pictures_in_which_a_face_was_found():
    pictures = [Picture(str(number), b"") for number in range(7)]
    asked = []

    def read(given):
        asked.append(given)
        return features([1, 1, 1, 1, 1, 1, 0])

    median = Reference(ReferenceKind.MEDIAN, tuple(pictures[1:]))
    alone = Reference(ReferenceKind.NEUTRAL, (pictures[0],))
    short = Reference(ReferenceKind.MEDIAN, tuple(pictures[2:]))
    lost = Reference(ReferenceKind.NEUTRAL, (pictures[6],))
    given = compared_with(
        features([1, 1, 1, 1, 1, 0]), [alone, median, short, lost, None, alone], read
    )
    assert asked == [pictures]  # each once
    references = given.references
    assert references.compared[:, 0].tolist() == [1, 1, 0, 0, 0, 0]
    assert references.geometry[:, 0].tolist() == [0, 3, 0, 0, 0, 0]
    assert references.appearance[1].tolist() == [3, 3, 3, 3]
    assert given[1:3].inputs()["compared"][:, 0].tolist() == [1, 0]
