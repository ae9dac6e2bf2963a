"""The rules of who says what is true, and what the database refuses."""

import io

import pytest
from django.contrib.auth.models import Group, User
from django.db import IntegrityError, transaction
from PIL import Image

from annotations.codings.reading import Reading, Score, reading_of
from annotations.codings.services import (
    Provenance,
    add_coding,
    add_readings,
    import_coder,
    make_truth,
)
from annotations.faces.services import Place, add_face, check_image
from annotations.models import ActionUnitScore, Coder, Coding, Face, Review, Subject
from annotations.problems import InvalidCoding, InvalidImage, StaleCoding
from annotations.review.context import ReviewContext, Statement
from annotations.review.decisions import accept_prediction, accept_truth, correct
from annotations.transfers.truths import ImportedLabel, import_coding
from facsweb.problems import AppendOnly, Forbidden, Missing

pytestmark = pytest.mark.django_db

HAPPY = Reading("positive", {6: Score(True, "B"), 12: Score(True, "D"), 27: Score(False)})


def png(shade: int = 90, size=(32, 24), mode: str = "L") -> bytes:
    buffer = io.BytesIO()
    Image.new(mode, size, shade if mode == "L" else (shade, 20, 30)).save(buffer, "PNG")
    return buffer.getvalue()


def user_with(role: str) -> User:
    user = User.objects.create_user(role)
    user.groups.add(Group.objects.get(name=role))
    return user


@pytest.fixture(autouse=True)
def _media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def face() -> Face:
    return add_face(check_image(png()), Place(Subject.objects.create(code="S001")))[0]


@pytest.fixture
def truth(face) -> Coding:
    import_coding(face, ImportedLabel(HAPPY, "CK+", "test"))
    return face.codings.accepted().get()


@pytest.fixture
def prediction(face) -> Coding:
    model = Coder.objects.create(kind="model", name="VGG16-test", is_default=True)
    probabilities = {"negative": 0.7, "positive": 0.2, "surprise": 0.1}
    reading = Reading("negative", {12: Score(False, probability=0.3)}, "", probabilities)
    return add_coding(face, model, reading)


def test_reviewers_correction_becomes_the_truth_and_keeps_the_old_one(face, truth):
    corrected = Reading("positive", {12: Score(False), 6: Score(True, "C")})
    review = correct(
        ReviewContext(face, user_with("reviewer"), seen=truth.pk), Statement(corrected)
    )
    now = face.codings.accepted().get()
    assert now == review.result
    assert now.based_on == truth
    scores = reading_of(now).scores
    assert not scores[12].present
    assert scores[6].intensity == "C"
    assert scores[27] == Score(False)
    assert face.codings.count() == 2


def test_coders_correction_is_a_proposal(face, truth):
    reading = Reading("negative")
    review = correct(ReviewContext(face, user_with("coder"), seen=truth.pk), Statement(reading))
    assert review.decision == Review.Decision.PROPOSE
    assert face.codings.accepted().get() == truth


def test_accepting_the_model_makes_a_human_coding_that_points_at_it(face, truth, prediction):
    review = accept_prediction(
        ReviewContext(face, user_with("reviewer"), seen=truth.pk), prediction
    )
    assert review.result.coder_kind == "human"
    assert review.result.based_on == prediction
    assert review.result.emotion_probabilities is None
    assert review.result.is_accepted


def test_stale_page_changes_nothing(face, truth):
    ben = user_with("reviewer")
    correct(ReviewContext(face, ben, seen=truth.pk), Statement(Reading("negative")))
    with pytest.raises(StaleCoding):
        correct(ReviewContext(face, ben, seen=truth.pk), Statement(Reading("surprise")))
    assert face.codings.accepted().get().emotion == "negative"
    assert Review.objects.count() == 1


@pytest.mark.parametrize(
    "decide", [lambda context, _: accept_truth(context), accept_prediction], ids=["truth", "model"]
)
def test_coder_may_not_decide(face, truth, prediction, decide):
    with pytest.raises(Forbidden):
        decide(ReviewContext(face, user_with("coder"), seen=truth.pk), prediction)


def test_user_without_a_role_may_not_propose(face, truth):
    cleo = User.objects.create_user("cleo")
    with pytest.raises(Forbidden):
        correct(ReviewContext(face, cleo, seen=truth.pk), Statement(Reading()))


def test_import_never_overrules_a_person(face, truth):
    correct(
        ReviewContext(face, user_with("reviewer"), seen=truth.pk), Statement(Reading("negative"))
    )
    changed = Reading("surprise")
    assert import_coding(face, ImportedLabel(changed, "CK+", "again")).known is None
    assert face.codings.accepted().get().emotion == "negative"


def test_importing_the_same_twice_changes_nothing(face, truth):
    effect = import_coding(face, ImportedLabel(HAPPY, "CK+", "test"))
    assert not effect.changes_anything
    assert face.codings.count() == 1


def test_same_image_is_the_same_face(face):
    again, created = add_face(check_image(png()), Place(face.subject))
    assert (again, created) == (face, False)


def test_face_that_cannot_be_stored_leaves_no_file(face, tmp_path):
    subject = face.subject
    add_face(check_image(png(1)), Place(subject, "001", 1))
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(InvalidImage), transaction.atomic():
        add_face(check_image(png(2)), Place(subject, "001", 1))
    assert sorted(tmp_path.rglob("*")) == before


@pytest.mark.parametrize(
    "data", [b"", b"<html></html>", png()[:50], b"GIF89a" + bytes(50)], ids=str
)
def test_what_is_no_image_is_refused(data):
    with pytest.raises(InvalidImage):
        check_image(data)


def test_too_many_pixels_are_refused(settings):
    settings.FACE_MAX_PIXELS = 100
    with pytest.raises(InvalidImage, match="pixels"):
        check_image(png())


def test_greyscale_and_rgb_are_told_apart():
    assert check_image(png()).colour_mode == "greyscale"
    assert check_image(png(mode="RGB")).colour_mode == "rgb"


def test_unknown_emotion_or_action_unit_is_refused():
    with pytest.raises(InvalidCoding, match="cheerful"):
        Reading("cheerful")
    with pytest.raises(InvalidCoding, match="AU99"):
        Reading("", {99: Score(True)})
    with pytest.raises(InvalidCoding, match="AU12"):
        Reading("", {12: Score(False, "C")})


def test_database_keeps_one_truth_per_face(face, truth):
    other = add_coding(face, import_coder("other"), HAPPY)
    with pytest.raises(IntegrityError), transaction.atomic():
        Coding.objects.filter(pk=other.pk).update(is_accepted=True)
    make_truth(other)
    assert face.codings.accepted().get() == other


def test_database_refuses_what_the_schema_forbids(face, truth, prediction):
    refused = [
        lambda: Coding.objects.filter(pk=truth.pk).update(emotion="cheerful"),
        lambda: Coding.objects.filter(pk=prediction.pk).update(is_accepted=True),
        lambda: Coding.objects.filter(pk=truth.pk).update(emotion_probabilities={"positive": 1}),
        lambda: add_coding(face, prediction.coder, Reading("positive")),
        lambda: ActionUnitScore.objects.create(coding=truth, au=99, present=True),
        lambda: ActionUnitScore.objects.create(coding=truth, au=12, present=True),
        lambda: ActionUnitScore.objects.filter(au=27).update(intensity="A"),
        lambda: ActionUnitScore.objects.filter(au=12).update(probability=1.5),
        lambda: Coder.objects.create(kind="human", name="nobody"),
        lambda: Face.objects.filter(pk=face.pk).update(width=0),
    ]
    for write in refused:
        with pytest.raises(IntegrityError), transaction.atomic():
            write()


def test_reviews_are_append_only(face, truth):
    review = accept_truth(ReviewContext(face, user_with("reviewer"), seen=truth.pk))
    for change in (
        review.save,
        review.delete,
        Review.objects.all().delete,
        lambda: Review.objects.update(comment="x"),
    ):
        with pytest.raises(AppendOnly):
            change()


def rows_by(coder: Coder) -> list[list[tuple]]:
    """All that is stored of its codings, without ids, times and whose they are."""
    apart = {"id", "created_at", "coder"}
    columns = [field.attname for field in Coding._meta.fields if field.name not in apart]
    scores = [f.attname for f in ActionUnitScore._meta.fields if f.name not in {"id", "coding"}]
    codings = Coding.objects.filter(coder=coder).order_by("face")
    of_them = ActionUnitScore.objects.filter(coding__coder=coder).order_by("coding__face", "au")
    return [list(codings.values_list(*columns)), list(of_them.values_list(*scores))]


def several_readings() -> list[tuple[Face, Reading, Provenance]]:
    """Of three faces: one with a truth that says the same, one with another, one without."""
    subject, read = Subject.objects.create(code="S002"), []
    for number, emotion in enumerate(["positive", "negative", "surprise"]):
        face, _ = add_face(check_image(png(40 + number)), Place(subject, "001", number))
        if number < 2:
            import_coding(face, ImportedLabel(HAPPY, "CK+", "test"))
        probabilities = {"negative": 0.2, "positive": 0.1, "surprise": 0.1} | {emotion: 0.7}
        units = {6: Score(True, probability=0.8), 12: Score(True, probability=0.9)}
        origin = Provenance(
            "run 1", split="test", quality="good", pose={"yaw": 1.0, "pitch": 2.0, "roll": 0.0},
            distance=0.5 + number, sets={"coverage": 0.9}, compared_with="median",
        )  # fmt: skip
        read.append((face, Reading(emotion, units, "", probabilities), origin))
    return read


def test_readings_that_are_written_at_once_are_the_rows_of_one_by_one():
    read = several_readings()
    one_by_one = Coder.objects.create(kind="model", name="one by one")
    at_once = Coder.objects.create(kind="model", name="at once")
    for each in read:
        add_coding(each[0], one_by_one, *each[1:])
    codings = add_readings(at_once, read)
    assert rows_by(at_once) == rows_by(one_by_one)
    stored = Coding.objects.filter(coder=at_once).order_by("face")
    assert [coding.pk for coding in codings] == [coding.pk for coding in stored]
    assert [coding.differs for coding in stored] == [False, True, None]


def test_readings_are_written_all_or_none():
    read = several_readings()
    model = Coder.objects.create(kind="model", name="VGG16-test")
    add_coding(*read[1][:1], model, *read[1][1:])
    with pytest.raises(IntegrityError), transaction.atomic():
        add_readings(model, read)
    assert Coding.objects.filter(coder=model).count() == 1
    Face.objects.filter(pk=read[2][0].pk).delete()
    with pytest.raises(Missing), transaction.atomic():
        add_readings(Coder.objects.create(kind="model", name="VGG16-2"), read)
    assert Coding.objects.filter(coder_kind="model").count() == 1
