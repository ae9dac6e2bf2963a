"""The page's figures are those of published packages, over random tables with gaps."""

import numpy as np
import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from annotations import facs
from annotations.codings.reading import Reading, Score
from annotations.codings.services import add_coding, human_coder
from tests.annotations.agreement.formulas import gwet_ac1
from tests.annotations.agreement.published import nominal_figures
from tests.annotations.agreement.tables import Said, check, expected_figures
from tests.cast import make_user
from tests.factories import make_face, make_subject

FACES, UNITS = 9, (6, 9, 12)  # 9 is none of the model's
NAN = float("nan")

_units = st.fixed_dictionaries(
    {}, optional={au: st.sampled_from("--+ABCDE" if au == 9 else "--ABCDE") for au in UNITS}
)
_said = st.one_of(st.none(), st.builds(Said, st.sampled_from(["", *facs.EMOTIONS]), _units))


def tables(coders: int):
    """A line a face, a column a coder; None where they coded nothing of it."""
    return st.lists(
        st.lists(_said, min_size=coders, max_size=coders), min_size=FACES, max_size=FACES
    )


def reading_of(said: Said) -> Reading:
    scores = {
        au: Score(what != "-", what if what in "ABCDE" else "") for au, what in said.units.items()
    }
    return Reading(said.emotion, scores)


@pytest.fixture
def faces(db):
    subjects = [make_subject() for _ in range(4)]
    return [make_face(subjects[number % 4]) for number in range(FACES)]


@pytest.mark.parametrize("number", [2, 3])
def test_the_page_says_what_published_packages_say(number, as_user, ada, boss, faces):
    coders = [human_coder(ada), human_coder(make_user("dora", "coder"))]
    coders = [*coders, human_coder(make_user("emil", "coder"))][:number]
    client = as_user(boss)
    compared = []

    @settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(tables(number))
    def holds(drawn):
        with transaction.atomic():
            kept = {}
            for face, line in zip(faces, drawn, strict=True):
                for coder, said in zip(coders, line, strict=True):
                    if said is not None:
                        add_coding(face, coder, reading_of(said))
                        kept.setdefault(face.pk, {})[coder.pk] = said
            report = client.get("/agreement/").context["report"]
            taking_part = [coder.pk for coder in report.coders]
            kept = {face: _of(line, taking_part) for face, line in kept.items()}
            compared.append(check(report, expected_figures(kept, taking_part)))
            transaction.set_rollback(True)

    holds()
    assert max(compared) > 10


def _of(line, coders):
    """Who has no face in common with anybody takes no part, not even in the shares."""
    return {coder: said for coder, said in line.items() if coder in coders}


def test_ac1_counts_what_one_coder_rated_as_gwet_and_irrcac_do():
    """irrCAC's own example: unit 12 is rated once, and leaving it out changes the shares."""
    raters = [
        [1, 2, 3, 3, 2, 1, 4, 1, 2, NAN, NAN, NAN],
        [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, NAN, NAN],
        [NAN, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, 3],
        [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, NAN],
    ]
    table = np.array(raters).T - 1
    assert nominal_figures(table, 5)["ac1"] == pytest.approx(0.77544, abs=5e-6)
    assert gwet_ac1(table, categories=5) == pytest.approx(0.77544, abs=5e-6)
    assert gwet_ac1(table[:-1], categories=5) == pytest.approx(0.77515, abs=5e-6)


def test_a_gap_is_no_absence():
    """Half of the faces rated by one alone, who sees the unit in all: 0.60 without them, 0.68."""
    both = [[1, 1]] * 4 + [[0, 0]] * 4 + [[1, 0]] * 2
    alone = [[1, NAN]] * 10
    assert gwet_ac1(both) == pytest.approx(0.6, abs=0.001)
    assert gwet_ac1(both + alone) == pytest.approx(0.68, abs=0.001)
    assert gwet_ac1(both + alone) == pytest.approx(
        nominal_figures(np.array(both + alone), 2)["ac1"]
    )
