"""Bulk actions that a worker carries out and undoes: part by part, and honest about how far."""

from contextlib import contextmanager

import pytest

from annotations.codings.facts import wrong_facts
from annotations.codings.reading import Reading
from annotations.codings.services import withdraw
from annotations.models import BulkAction, BulkRun, Coder, Coding, Face, Review
from annotations.problems import InvalidCoding, StaleCoding
from annotations.review import bulk, bulk_preview, bulk_run
from annotations.review.bulk_preview import Criteria, preview
from annotations.review.context import ReviewContext, Statement
from annotations.review.decisions import correct
from facsweb.jobs.fence import Cancelled
from facsweb.jobs.models import Run
from facsweb.jobs.tasks import run_job
from facsweb.problems import Conflict, Forbidden
from tests.factories import assert_bits_are_scores, make_coding, make_face, model_coder
from tests.pages import text_of

pytestmark = pytest.mark.django_db

WORK = "annotations.review.bulk_run.carry_out"
FACES = 23


@pytest.fixture(autouse=True)
def many(monkeypatch):
    """As if the faces below were too many for a request, and for one transaction."""
    for module in (bulk, bulk_run):
        monkeypatch.setattr(module, "AT_ONCE", 5)


@pytest.fixture
def faces(db):
    """Faces whose truth the model would change; of every fourth it says what is true already."""
    made = []
    for number in range(FACES):
        face = make_face()
        said = "positive" if number % 4 == 3 else "negative"
        make_coding(face, emotion=said, present=(12,), absent=(4,))
        make_coding(face, model_coder(), emotion="positive", present=(12,), absent=(4,))
        made.append(face)
    return made


def criteria() -> Criteria:
    return Criteria(model_coder(), 0.5, 0)


def to_change(faces) -> list:
    return [face for number, face in enumerate(faces) if number % 4 != 3]


def asked(user) -> BulkRun:
    shown = preview(Face.objects.all(), criteria())
    return bulk.apply(user, Face.objects.all(), criteria(), shown.digest).runs.get()


def carried_out(run: BulkRun) -> BulkRun:
    run_job(BulkRun, run.pk, WORK)
    run.refresh_from_db()
    return run


def truths() -> dict[int, str]:
    return dict(Coding.objects.accepted().values_list("face", "emotion"))


def assert_whole(faces) -> None:
    """Each face has one truth, facts that follow from it, and a review of each change."""
    assert sorted(truths()) == [face.pk for face in faces]
    assert wrong_facts(faces[0].pk, faces[-1].pk) == []
    assert_bits_are_scores()
    changed = Coding.objects.filter(is_accepted=True, coder__kind="human")
    assert set(changed.values_list("face", flat=True)) <= set(
        Review.objects.filter(decision="accept_model").values_list("face", flat=True)
    )


def test_a_worker_changes_what_was_shown_and_undoes_it(ben, faces):
    before = truths()
    run = asked(ben)
    assert truths() == before  # nothing within the request
    assert carried_out(run).status == "succeeded"
    assert run.changed == len(to_change(faces)) == run.action.reviews.count()
    assert (run.done, run.total) == (FACES, FACES)
    assert set(truths().values()) == {"positive"}
    assert_whole(faces)
    undoing = bulk.undo(run.action, ben)
    assert isinstance(undoing, BulkRun)
    assert undoing.undoes
    assert carried_out(undoing).status == "succeeded"
    assert (undoing.changed, undoing.kept) == (run.changed, 0)
    assert truths() == before
    assert_whole(faces)
    action = BulkAction.objects.get()
    assert action.undone_by == ben
    with pytest.raises(StaleCoding, match="undone already"):
        bulk.undo(action, ben)


@contextmanager
def stopping(after: int, by: type[BaseException] = Cancelled):
    """Have the worker stop within the part after so many."""
    went_on, times = bulk_run._go_on, []

    def go_on(*args, **kwargs):
        if len(times) == after:
            raise by
        times.append(1)
        went_on(*args, **kwargs)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(bulk_run, "_go_on", go_on)
        yield


def test_one_that_is_cancelled_says_what_it_did_and_goes_on_when_tried_again(as_user, boss, faces):
    run = asked(boss)
    with stopping(after=2):
        assert carried_out(run).status == "cancelled"
    client = as_user(boss)
    done = to_change(faces[:10])
    assert run.changed == len(done) == Review.objects.count()
    assert run.through == faces[9].pk
    assert {pk for pk, said in truths().items() if said == "positive"} >= {f.pk for f in done}
    assert truths()[faces[10].pk] == "negative"
    assert_whole(faces)
    assert f"{len(done)} ground truths changed" in text_of(client.get("/bulk/"))
    # Somebody decides on a face that it is through with: that stays.
    later = correct_to(boss, done[0], "surprise")
    client.post(f"/jobs/bulk/{run.pk}/retry/")
    assert carried_out(run).status == "succeeded"
    assert run.changed == len(to_change(faces))
    assert truths()[done[0].pk] == later
    assert_whole(faces)


def correct_to(user, face, emotion: str) -> str:
    truth = face.codings.accepted().get()
    correct(ReviewContext(face, user, seen=truth.pk), Statement(Reading(emotion)))
    return emotion


def test_a_part_that_breaks_leaves_nothing_of_it(ben, faces):
    run = asked(ben)
    with stopping(after=1, by=RuntimeError):
        assert carried_out(run).status == "failed"
    assert run.changed == len(to_change(faces[:5])) == Review.objects.count()
    assert Coding.objects.filter(coder__kind="human").count() == run.changed
    assert_whole(faces)


def test_a_worker_that_was_lost_is_followed_by_one_that_goes_on(ben, faces):
    class Killed(BaseException):
        pass

    run = asked(ben)
    with stopping(after=2, by=Killed), pytest.raises(Killed):
        run_job(BulkRun, run.pk, WORK)
    run.refresh_from_db()
    assert run.take_from_the_dead("It was killed.", unless_heard=False)
    assert carried_out(run).status == "succeeded"
    assert run.changed == len(to_change(faces)) == Review.objects.count()
    assert_whole(faces)


def test_an_undo_that_is_cancelled_is_gone_on_with(as_user, ben, faces, monkeypatch):
    before = truths()
    action = carried_out(asked(ben)).action
    with stopping(after=1):
        undoing = carried_out(bulk.undo(action, ben))
    assert (undoing.status, undoing.changed) == ("cancelled", 5)
    action.refresh_from_db()
    assert action.undone_at is None
    assert_whole(faces)
    text = text_of(as_user(ben).get("/bulk/"))
    assert "5 faces restored" in text
    assert "Undo it once more for the rest" in text
    with pytest.raises(StaleCoding, match="undone meanwhile"):
        bulk.check_may_go_on(action)
    monkeypatch.setattr(bulk, "AT_ONCE", 50)
    assert bulk.undo(action, ben) == bulk.Undone(len(to_change(faces)) - 5, 0)
    assert truths() == before


def test_what_was_decided_since_or_can_not_be_restored_stays(ben, boss, faces):
    action = carried_out(asked(ben)).action
    correct_to(boss, faces[0], "surprise")
    withdraw(Coding.objects.get(pk=action.reviews.get(face=faces[1]).replaced_id))
    undoing = carried_out(bulk.undo(action, ben))
    assert (undoing.status, undoing.kept) == ("succeeded", 2)
    assert (truths()[faces[0].pk], truths()[faces[1].pk]) == ("surprise", "positive")
    assert_whole(faces)


def test_one_thing_at_a_time(ben, boss, faces):
    run = asked(ben)
    with pytest.raises(Conflict, match="cancel that first"):
        bulk.undo(run.action, ben)
    carried_out(run)
    bulk.undo(run.action, ben)
    with pytest.raises(Conflict, match="being undone"):
        bulk.undo(run.action, boss)


def test_rights_count_as_they_are_when_the_worker_begins(ben, faces):
    run = asked(ben)
    ben.groups.clear()
    assert carried_out(run).status == "failed"
    assert "Only reviewers and admins" in run.error
    assert not Review.objects.exists()


def test_faces_that_are_hidden_from_who_asked_are_left_alone(ben, faces):
    """Ben becomes blind after he asked."""
    run = asked(ben)
    Coder.objects.get_or_create(user=ben, defaults={"kind": "human", "name": "ben"})
    Coder.objects.filter(user=ben).update(codes_blind=True)
    assert carried_out(run).status == "succeeded"
    assert run.changed == 0
    assert not Review.objects.exists()


def test_the_preview_stops_counting(as_user, ben, faces, monkeypatch):
    monkeypatch.setattr(bulk_preview, "MOST_COUNTED", 10)
    page = as_user(ben).get("/bulk/?confidence=0.5&agreeing=0")
    assert "More than 10 ground truths would change" in text_of(page)
    assert "Have a worker change all of them" in text_of(page)
    assert len(page.context["shown"].planned) == 11
    monkeypatch.setattr(bulk_preview, "MOST_COUNTED", 100)
    monkeypatch.setattr(bulk_preview, "MOST_LOOKED_AT", 4)
    page = as_user(ben).get("/bulk/?confidence=0.5&agreeing=0")
    assert "At least 3 ground truths would change" in text_of(page)
    given = {"confidence": "0.5", "agreeing": "0", "digest": page.context["shown"].digest}
    as_user(ben).post("/bulk/", given)
    monkeypatch.undo()
    run = carried_out(BulkRun.objects.get())
    assert run.changed == len(to_change(faces))


def test_a_preview_that_changed_starts_nothing(ben, ada, faces):
    digest = preview(Face.objects.all(), criteria()).digest
    with pytest.raises(Forbidden):
        bulk.apply(ada, Face.objects.all(), criteria(), digest)
    correct_to(ben, faces[0], "positive")
    with pytest.raises(StaleCoding):
        bulk.apply(ben, Face.objects.all(), criteria(), digest)
    assert not BulkAction.objects.exists()


def test_what_changes_between_looking_and_locking_is_seen(ben, faces, monkeypatch):
    """Somebody decides on one of few faces after they were looked through, before the locks."""
    few = Face.objects.filter(pk__lte=faces[3].pk)
    shown = preview(few, criteria())
    looked = iter([shown])
    monkeypatch.setattr(bulk, "preview", lambda *a: next(looked, None) or preview(*a))
    correct_to(ben, faces[0], "positive")
    with pytest.raises(StaleCoding):
        bulk.apply(ben, few, criteria(), shown.digest)
    assert not BulkAction.objects.exists()


def test_pages(as_user, ada, ben, boss, cleo, faces):
    client = as_user(ben)
    page = client.get("/bulk/?confidence=0.5&agreeing=0")
    given = {"confidence": "0.5", "agreeing": "0", "digest": page.context["shown"].digest}
    sent = client.post("/bulk/", given, follow=True)
    assert "A worker carries out bulk action" in text_of(sent)
    assert 'hx-get="/bulk/progress/"' in sent.content.decode()
    assert "waiting for the data worker" in text_of(client.get("/bulk/progress/"))
    action = BulkAction.objects.get()
    for user in (ada, cleo):
        assert as_user(user).get("/bulk/progress/").status_code == 404
        assert as_user(user).post(f"/bulk/{action.pk}/cancel/").status_code == 404
    other = as_user(boss)  # an admin may
    assert other.post(f"/bulk/{action.pk}/cancel/").status_code == 302
    run = action.runs.get()
    assert run.status == Run.Status.CANCELLED
    assert client.post(f"/bulk/{action.pk}/cancel/").status_code == 404
    assert "0 ground truths changed" in text_of(client.get("/bulk/"))
    said = client.post(f"/bulk/{action.pk}/undo/", follow=True)
    assert "is undone: 0 faces restored" in text_of(said)
    assert client.post(f"/jobs/bulk/{run.pk}/retry/", follow=True).status_code == 200
    run.refresh_from_db()
    assert run.status == Run.Status.CANCELLED  # not after it was undone


def test_nothing_to_do_is_said(ben, faces):
    with pytest.raises(InvalidCoding):
        bulk.apply(ben, Face.objects.all(), Criteria(model_coder(), 1, 0), "")
