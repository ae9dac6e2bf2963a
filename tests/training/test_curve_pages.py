"""Curves and thresholds of a run, on pages and in the API."""

import pytest
from django.core.management import CommandError, call_command

from annotations.models import Coder, FirstLook
from tests.factories import curves, make_coding, make_face, make_run, make_version, metrics
from tests.pages import text_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def run():
    return make_run(
        status="succeeded",
        metrics=metrics(),
        probability_curves=curves(),
        version=make_version(champion=True),
    )


def read_by(run, au, probability, *, shows: bool):
    """A face whose AU the run's version finds with that probability."""
    face = make_face()
    make_coding(face, **{"present" if shows else "absent": (au,)})
    said = make_coding(face, run.version.coder, present=(au,), split="test")
    said.scores.update(probability=probability)
    return face


def test_all_curves_at_once_leave_out_what_is_too_rare(as_user, ada, run):
    page = text_of(as_user(ada).get(f"/training/{run.pk}/curves/"))
    assert "AU11 isn’t drawn: 2 of 40 faces show it" in page
    assert f'href="/training/{run.pk}/thresholds/"' in page
    chart = as_user(ada).get(f"/training/{run.pk}/curves/?chart=precision-recall&format=csv")
    drawn = {line.split(",")[0] for line in chart.content.decode().splitlines()[1:]}
    assert drawn == {"positive", "AU12"}


@pytest.mark.parametrize("kind", ["roc", "reliability", "precision-recall"])
def test_each_kind_is_drawn_of_all_and_of_one(as_user, ada, run, kind):
    for query in (f"kind={kind}", "of=au12"):
        address = f"/training/{run.pk}/curves/?{query}&chart={kind}&format=svg"
        answer = as_user(ada).get(address)
        assert answer.status_code == 200
        assert answer.content.startswith(b"<svg")


def test_one_unit_says_its_areas_and_a_rare_one_why_not(as_user, ada, run):
    page = text_of(as_user(ada).get(f"/training/{run.pk}/curves/?of=au12"))
    assert "calibration error" in page and f"/training/{run.pk}/thresholds/?au=12" in page
    rare = text_of(as_user(ada).get(f"/training/{run.pk}/curves/?of=au11"))
    assert "Too few to say: 2 of 40 faces show AU11" in rare and "<figure" not in rare
    assert as_user(ada).get(f"/training/{run.pk}/curves/?of=au99").status_code == 404


def test_a_run_without_curves_says_how_to_get_them(as_user, ada, client_of):
    run = make_run(status="succeeded", metrics=metrics(), version=make_version())
    for page in ("curves", "thresholds"):
        text = text_of(as_user(ada).get(f"/training/{run.pk}/{page}/"))
        assert f"python manage.py measure_curves {run.pk}" in text
    answer = client_of(ada).get(f"/api/v1/training-runs/{run.pk}/curves/")
    assert answer.status_code == 404 and "measure_curves" in answer.json()["detail"]


def test_a_lower_threshold_finds_more_and_says_which(as_user, ada, run):
    there = read_by(run, 12, 0.55, shows=True)
    wrong = read_by(run, 12, 0.5, shows=False)
    others = [read_by(run, 12, 0.6, shows=True), read_by(run, 12, 0.49, shows=False)]
    page = text_of(as_user(ada).get(f"/training/{run.pk}/thresholds/?au=12&at=0.5"))
    assert "AU12 is found on <b>4</b> more faces: 2 show it, 2 don’t." in page
    for face in (there, wrong):
        assert f'src="/faces/{face.pk}/thumbnail/128/"' in page
    for face in others:
        assert f'src="/faces/{face.pk}/thumbnail/128/"' not in page
    query = f"model={run.version.coder_id}&split=test&au_probability=12"
    bounds = "probability_from=0.5&probability_below=0.6"
    assert f"/?{query}&{bounds}".replace("&", "&amp;") in page
    gallery = text_of(as_user(ada).get(f"/?{query}&{bounds}"))
    assert "2 of 4 faces" in gallery and "probability of 0.5 to less than 0.6" in gallery


def test_figures_are_those_of_deciding_by_the_threshold(as_user, ada, run):
    move = as_user(ada).get(f"/training/{run.pk}/thresholds/?au=12&at=0.5").context["move"]
    rows = {name: figures for name, *figures in move.rows}
    assert rows["Faces found"] == ["18", "22"]
    assert rows["of these, show it"] == ["17", "19"]
    assert rows["Precision"] == ["0.94", "0.86"]
    assert rows["F1"] == ["0.89", "0.90"]


def test_a_higher_threshold_finds_less_and_the_same_changes_nothing(as_user, ada, run):
    page = text_of(as_user(ada).get(f"/training/{run.pk}/thresholds/?au=12&at=0.7"))
    assert "AU12 is no longer found on <b>4</b> faces: 4 show it, 0 don’t." in page
    same = text_of(as_user(ada).get(f"/training/{run.pk}/thresholds/?au=12&at=0.6"))
    assert "no answer changes" in same and "<h2" not in same.split('id="answer"')[1]


@pytest.mark.parametrize("at", ["2", "-1", "x", "nan"])
def test_a_threshold_that_is_none_is_named(as_user, ada, run, at):
    answer = as_user(ada).get(f"/training/{run.pk}/thresholds/?au=12&at={at}")
    assert answer.status_code == 200
    assert 'role="alert"' in answer.content.decode()


def test_no_threshold_is_chosen_by_too_few(as_user, ada, run):
    page = text_of(as_user(ada).get(f"/training/{run.pk}/thresholds/?au=11"))
    assert "Too few to say: 2 of 40 faces show AU11" in page and 'type="range"' not in page


def test_a_blind_coder_sees_no_face_by_what_the_model_says_of_it(as_user, ada, ben, run):
    face = read_by(run, 12, 0.55, shows=True)
    Coder.objects.update_or_create(
        user=ada, defaults={"kind": "human", "name": "ada", "codes_blind": True}
    )
    page = text_of(as_user(ada).get(f"/training/{run.pk}/thresholds/?au=12&at=0.5"))
    assert "Not shown to you yet" in page and f"/faces/{face.pk}/" not in page
    assert not FirstLook.objects.filter(user=ada).exists()
    as_user(ben).get(f"/training/{run.pk}/thresholds/?au=12&at=0.5")
    assert FirstLook.objects.filter(user=ben, face=face).exists()


def test_choosing_is_by_faces_out_of_fold_where_the_test_is_kept_apart(as_user, ada):
    kept = curves(validation=curves()["test"])
    run = make_run(
        status="succeeded", metrics=metrics(), probability_curves=kept, version=make_version()
    )
    page = text_of(as_user(ada).get(f"/training/{run.pk}/thresholds/?au=12&at=0.5"))
    assert "split=validation" in page and "test subjects are kept" in page


def test_the_api_tells_curves_and_thresholds(client_of, ada, run):
    answer = client_of(ada).get(f"/api/v1/training-runs/{run.pk}/curves/").json()
    assert answer["thresholds"]["12"] == 0.6
    unit = answer["curves"]["test"]["units"]["12"]
    assert unit["found"][50] == 22 and len(unit["found"]) == 101


def test_the_pages_ask_as_much_however_many_faces_change(
    as_user, ada, run, django_assert_max_num_queries
):
    client = as_user(ada)
    for _ in range(15):
        read_by(run, 12, 0.55, shows=True)
    client.get(f"/training/{run.pk}/thresholds/?au=12&at=0.5")
    with django_assert_max_num_queries(18):
        client.get(f"/training/{run.pk}/thresholds/?au=12&at=0.5")
    with django_assert_max_num_queries(7):
        client.get(f"/training/{run.pk}/curves/")


def test_curves_of_before_are_measured_by_what_the_version_says(capsys):
    run = make_run(status="succeeded", metrics=metrics(), version=make_version())
    for probability, shows in ((0.9, True), (0.7, False), (0.2, False)):
        read_by(run, 12, probability, shows=shows)
    call_command("measure_curves")
    run.refresh_from_db()
    unit = run.curve_figures.test.units[12]
    assert (unit.faces, unit.positives, unit.roc_auc) == (3, 1, 1.0)
    assert unit.counts_at(60).found == 2
    assert run.curve_figures.truth == "later"
    assert f"{run}: curves of 3 faces" in capsys.readouterr().out


def test_what_nobody_has_read_is_not_measured(capsys):
    run = make_run(status="succeeded", metrics=metrics(), version=make_version())
    call_command("measure_curves")
    assert "has not read every face" in capsys.readouterr().err
    with pytest.raises(CommandError, match="has not read every face"):
        call_command("measure_curves", run.pk)
    with pytest.raises(CommandError, match="no training run 999"):
        call_command("measure_curves", 999)
    run.refresh_from_db()
    assert run.probability_curves is None
