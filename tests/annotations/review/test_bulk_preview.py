"""What a bulk action would change: the database's query against the rule in plain Python."""

import random
from types import SimpleNamespace

import pytest

from annotations import facs
from annotations.codings.comparison import repeats, said_by
from annotations.codings.reading import Reading, Score
from annotations.codings.services import Provenance, add_coding, human_coder, make_truth, withdraw
from annotations.models import Coding, Face
from annotations.review.bulk_preview import Criteria, preview
from tests.cast import make_user
from tests.factories import import_coder, make_face, model_coder

pytestmark = pytest.mark.django_db

#: Units that the model answers for, but for the last, and few of them: readings are often alike.
_AUS = (1, 12, 64)
_SURE = (0.5, 0.7, 0.9)


@pytest.fixture
def population(db):
    """Sixty faces with whatever codings chance gives them."""
    draw = random.Random(5)
    people = [human_coder(make_user(name, "coder")) for name in ("eve", "finn", "gus")]
    for _ in range(60):
        face = make_face()
        if draw.random() < 0.8:
            make_truth(add_coding(face, import_coder(), _reading(draw)))
        for coder in people:
            for _ in range(draw.choice((0, 1, 1, 2))):
                coding = add_coding(
                    face, coder, _reading(draw),
                    Provenance(is_independent=draw.random() < 0.8),
                )  # fmt: skip
                if draw.random() < 0.2:
                    withdraw(coding)
                elif draw.random() < 0.1:
                    make_truth(coding)
        if draw.random() < 0.9:
            distance = draw.choice((None, 0.5, 1.0, 1.5))
            add_coding(
                face, model_coder(), _reading(draw, sure=True), Provenance(distance=distance)
            )


def _reading(draw, *, sure=False):
    said = draw.choice(("", "positive", "positive", "positive", "surprise"))
    scores = {}
    for au in _AUS:
        if draw.random() < 0.7:
            present, chance = draw.random() < 0.9, draw.uniform(0.5, 1)
            scores[au] = Score(present, probability=_given(chance, present) if sure else None)
    if not said and not scores:
        return _reading(draw, sure=sure)
    chances = {name: draw.random() for name in facs.EMOTIONS} if sure and said else None
    return Reading(said, scores, emotion_probabilities=chances)


def _given(chance, present):
    return chance if present else 1 - chance


def plainly(criteria):
    """The rule, face by face."""
    found = SimpleNamespace(planned=[], unchanged=0, unlike=0)
    for face in Face.objects.order_by("pk"):
        codings = list(face.codings.prefetch_related("scores").order_by("pk"))
        prediction = next((one for one in codings if one.coder_id == criteria.model.pk), None)
        truth = next((one for one in codings if one.is_accepted), None)
        if prediction is None or _confidence(prediction) < criteria.confidence:
            continue
        latest = {
            one.coder_id: one
            for one in codings
            if one.coder_kind == "human" and not one.is_withdrawn
        }
        told = said_by(prediction)
        votes = [one for one in latest.values() if one.is_independent]
        if sum(repeats(said_by(one), told) for one in votes) < criteria.agreeing:
            continue
        if truth is not None and repeats(said_by(truth), told):
            found.unchanged += 1
        elif prediction.distance is not None and prediction.distance > 1:
            found.unlike += 1
        else:
            found.planned.append((face.pk, truth.pk if truth else 0, prediction.pk))
    return found


def _confidence(coding):
    chances = list((coding.emotion_probabilities or {}).values())
    units = [one.probability for one in coding.scores.all() if one.probability is not None]
    if not chances or not units:
        return 0.0
    return min(max(chances), *(max(chance, 1 - chance) for chance in units))


def test_the_query_finds_what_the_rule_says(population):
    kinds = set()
    for confidence in _SURE:
        for agreeing in (0, 1, 2):
            criteria = Criteria(model_coder(), confidence, agreeing)
            shown, plain = preview(Face.objects.all(), criteria), plainly(criteria)
            told = (list(shown.planned), shown.unchanged, shown.unlike)
            assert told == (plain.planned, plain.unchanged, plain.unlike), criteria
            kinds |= {
                name for name in ("planned", "unchanged", "unlike")
                if getattr(plain, name)
            }  # fmt: skip
    assert kinds == {"planned", "unchanged", "unlike"}, "the faces tell nothing"


def test_the_least_confidence_is_kept_with_the_scores(population):
    for coding in Coding.objects.prefetch_related("scores"):
        assert (coding.least_confidence or 0) == _confidence(coding)


def test_the_page_asks_a_fixed_number_of_queries(
    as_user, ben, population, django_assert_num_queries
):
    client, few, many = as_user(ben), "/bulk/?confidence=0.85&agreeing=0", "/bulk/?confidence=0.5"
    for address in (few, f"{many}&agreeing=0"):
        client.get(address)  # writes down who was shown what
        with django_assert_num_queries(11):
            assert client.get(address).context["changes"], address
