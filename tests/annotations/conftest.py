"""A face that truth and model read differently, and a coder who may not see either yet."""

import pytest

from annotations.codings.services import human_coder
from tests.factories import make_coding, make_face, model_coder


@pytest.fixture
def face():
    """Truth negative, AU4 B, no AU6 and AU12, AU9 beyond the editor; the model says otherwise."""
    face = make_face()
    truth = make_coding(face, emotion="negative", present=(4, 9), absent=(6, 12))
    truth.scores.filter(au=4).update(intensity="B")
    make_coding(face, model_coder())
    return face


@pytest.fixture
def blind_ada(ada):
    coder = human_coder(ada)
    coder.codes_blind = True
    coder.save()
    return ada
