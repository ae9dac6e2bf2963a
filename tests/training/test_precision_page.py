"""The page, the card and the API tell in which numbers a version is asked, and by what."""

import pytest

from inference.ml.precision import Comparison, Difference, Int8
from tests.factories import make_version

pytestmark = pytest.mark.django_db

_ACCURACY = Difference(0.9125, 0.9107, -0.0018, -0.0054, 0.0021)
_EMOTION = Difference(0.8312, 0.8305, -0.0007, -0.0031, 0.0018)


def _int8(low: float = -0.0042, subjects: int = 118) -> dict:
    units = Difference(0.7011, 0.7003, -0.0008, low, 0.0026)
    figures = {"emotion_accuracy": _ACCURACY, "emotion_macro_f1": _EMOTION, "au_macro_f1": units}
    found = Comparison(560, subjects, figures, 3, 21, 0.0432)
    return Int8(((0.0, 1.0),), 48, (1.0,), found, found.allows_int8).to_json()


def _page(client, version) -> str:
    return " ".join(client.get(f"/models/{version.pk}/").content.decode().split())


def test_a_version_that_is_asked_in_int8_shows_by_what(as_user, ada, client_of):
    version = make_version(int8=_int8())
    page = _page(as_user(ada), version)
    for words in (
        "Asked in int8",
        "560 faces of 118 subjects",
        "−0.0042 to +0.0026",
        "3 of 560 faces get another emotion, 21 of 8,400 decisions on action units change",
        "no probability moves by more than 0.043",
    ):
        assert words in page
    told = client_of(ada).get(f"/api/v1/models/{version.pk}/").json()
    assert told["precision"] == "int8"
    units = told["int8_comparison"]["figures"]["au_macro_f1"]
    assert units == {
        "learnt": 0.7011, "int8": 0.7003, "difference": -0.0008, "low": -0.0042, "high": 0.0026
    }  # fmt: skip
    card = client_of(ada).get(f"/api/v1/models/{version.pk}/card/").json()
    assert "Asked in int8" in str(card) and "−0.0008 (−0.0042 to +0.0026)" in str(card)


@pytest.mark.parametrize(
    ("int8", "why"),
    [
        (_int8(low=-0.0061), "may lose half a point of macro F1 (0.005) or more: AU macro F1."),
        (_int8(subjects=12), "of fewer than 20 subjects, intervals are narrower than they say."),
        ({**_int8(), "comparison": None, "is_default": False}, "Its thresholds were changed"),
        ({}, "It was trained before int8 was tried"),
    ],
)
def test_a_version_that_is_asked_in_fp32_says_why(as_user, client_of, ben, int8, why):
    version = make_version(int8=int8) if int8 else make_version()
    page = _page(as_user(ben), version)
    assert "Asked in fp32" in page and why in page
    told = client_of(ben).get(f"/api/v1/models/{version.pk}/").json()
    assert told["precision"] == "fp32" and why in told["precision_reason"]
    assert (told["int8_comparison"] is None) == (not int8 or int8["comparison"] is None)
    assert as_user(ben).get(f"/models/{version.pk}/card/").status_code == 200


def test_a_version_that_learnt_in_bf16_says_so(as_user, client_of, ben, settings):
    int8 = _int8(low=-0.0061)
    int8["comparison"]["learnt_in"] = "bf16"
    version = make_version(precision="bf16", int8=int8)
    page = _page(as_user(ben), version)
    assert "Asked in bf16" in page and "int8 beside bf16" in page
    assert "whose processor doesn&#x27;t multiply such numbers by itself asks it in fp32" in page
    told = client_of(ben).get(f"/api/v1/models/{version.pk}/").json()
    assert (told["precision"], told["int8_comparison"]["learnt_in"]) == ("bf16", "bf16")
    card = str(client_of(ben).get(f"/api/v1/models/{version.pk}/card/").json())
    assert "Asked in bf16" in card and "int8 beside bf16" in card
    settings.PREDICTION_PRECISION = "fp32"
    assert "Asked in fp32" in _page(as_user(ben), version)


def test_a_comparison_of_before_bf16_is_read(as_user, ben):
    int8 = _int8()
    found = int8["comparison"]
    del found["learnt_in"]
    for figure in found["figures"].values():
        figure["fp32"] = figure.pop("learnt")
    page = _page(as_user(ben), make_version(int8=int8))
    assert "int8 beside fp32" in page and 'data-label="fp32">0.7011</td>' in page


def test_fp32_is_one_setting_away(as_user, boss, settings):
    version = make_version(int8=_int8())
    settings.PREDICTION_PRECISION = "fp32"
    page = _page(as_user(boss), version)
    assert "Asked in fp32" in page and "PREDICTION_PRECISION" in page
    assert "−0.0042 to +0.0026" in page  # what is known of int8 stays


def test_who_may_not_read_figures_is_told_nothing(as_user, client_of, cleo, otto):
    version = make_version(int8=_int8())
    assert as_user(cleo).get(f"/models/{version.pk}/").status_code == 404
    assert client_of(cleo).get(f"/api/v1/models/{version.pk}/").status_code == 404
    assert client_of(cleo).get("/api/v1/models/").json()["results"] == []
    assert "Asked in int8" in _page(as_user(otto), version)  # an auditor reads figures
