"""Making a queue, by the service and by the page."""

import pytest

from annotations.codings.reading import Reading, Score
from annotations.codings.services import human_coder
from annotations.models import Coding, Face, Queue
from annotations.queues.assignments import take_next
from annotations.queues.errors import InvalidQueue
from annotations.queues.gold import gold_scores
from annotations.queues.plans import QueuePlan
from annotations.queues.services import make_queue
from annotations.review.context import ReviewContext, Statement
from annotations.review.decisions import propose
from facsweb.problems import Forbidden
from tests.cast import make_user
from tests.factories import make_coding, make_face

pytestmark = pytest.mark.django_db


@pytest.fixture
def faces():
    found = [make_face() for _ in range(6)]
    for face in found:
        make_coding(face)
    return found


def plan(**fields) -> QueuePlan:
    return QueuePlan(**{"name": "Q", "order": "random", **fields})


def gold_plan(people, name="Q", **fields) -> QueuePlan:
    return plan(
        name=name, first_stage="coding", people=people, is_blind=True, gold_faces=2, **fields
    )


@pytest.mark.parametrize(
    "fields",
    [
        {"coders_per_face": 2},
        {"is_blind": True},
        {"gold_faces": 1},
        {"first_stage": "coding", "is_blind": True},
        {"first_stage": "coding", "coders_per_face": 3, "people": ["ada"]},
        {"first_stage": "coding", "gold_faces": 1, "people": ["ada"]},
        {"first_stage": "coding", "is_blind": True, "gold_faces": 99, "people": ["ada"]},
        {"first_stage": "coding", "people": ["cleo"]},
    ],
)
def test_a_plan_that_makes_no_sense_is_refused_with_the_way_to_mend_it(
    faces, ben, ada, cleo, fields
):
    users = {"ada": ada, "cleo": cleo}
    fields = fields | {"people": [users[name] for name in fields.get("people", [])]}
    with pytest.raises(InvalidQueue):
        make_queue(ben, plan(**fields), Face.objects.all())
    assert not Queue.objects.exists()


def test_a_name_is_taken_once(faces, ben):
    make_queue(ben, plan(), Face.objects.all())
    with pytest.raises(InvalidQueue):
        make_queue(ben, plan(), Face.objects.all())


def test_coders_make_no_queue(faces, ada):
    with pytest.raises(Forbidden):
        make_queue(ada, plan(), Face.objects.all())


def test_gold_faces_look_like_the_others(faces, ben, ada):
    queue = make_queue(ben, gold_plan([ada]), Face.objects.all())
    assert queue.items.count() == 6
    assert queue.items.filter(gold__isnull=False).count() == 2
    assert list(queue.items.values_list("position", flat=True)) == [1, 2, 3, 4, 5, 6]


def work_through(queue, user, reading: Reading) -> None:
    while (assignment := take_next(queue, user, "coding")) is not None:
        propose(
            ReviewContext(assignment.item.face, user, seen=None, assignment=assignment),
            Statement(reading),
        )


def test_gold_scores_count_each_coders_first_coding(faces, ben, ada):
    dora = make_user("dora", "coder")
    queue = make_queue(ben, gold_plan([ada, dora]), Face.objects.all())
    right = Reading("positive", {au: Score(au in {6, 12}) for au in (4, 6, 12)})
    wrong = Reading("negative", {au: Score(au in {4, 12}) for au in (4, 6, 12)})
    work_through(queue, ada, right)
    work_through(queue, dora, wrong)
    scores = {score.coder: score for score in gold_scores(queue)}
    assert scores["ada"].wexler == 1
    assert scores["ada"].emotions_right == 2
    assert scores["dora"].wexler == pytest.approx(0.5)  # AU12 of {6, 12} and {4, 12}
    assert scores["dora"].emotions_right == 0
    gold = queue.items.filter(gold__isnull=False)
    assert {item.state for item in gold} == {"completed"}
    assert Coding.objects.accepted().filter(coder__kind="human").count() == 0


def test_gold_scores_compare_only_what_truth_and_coder_both_coded(faces, ben, ada):
    queue = make_queue(ben, gold_plan([ada]), Face.objects.all())
    work_through(queue, ada, Reading("", {12: Score(True), 4: Score(True), 27: Score(True)}))
    (score,) = gold_scores(queue)
    assert score.wexler == pytest.approx(2 / 3)  # AU12 of {12} and {4, 12}; 27 has no truth
    assert (score.units, score.units_of_truth, score.emotions) == (4, 10, 0)


def test_the_verdict_on_gold_is_about_a_truth_that_a_person_decided(faces, ben, ada, as_user):
    queue = make_queue(ben, gold_plan([ada]), Face.objects.all())
    work_through(queue, ada, Reading("positive", {6: Score(True), 12: Score(True)}))
    page = as_user(ben).get(f"/queues/{queue.pk}/").content.decode()
    assert gold_scores(queue)[0].verdict is None  # the truths came with an import
    assert "0.70 or more" not in page
    assert "it is no certification" in page
    for face in faces:
        make_coding(face, human_coder(ben))
    dora = make_user("dora", "coder")
    decided = make_queue(ben, gold_plan([dora], "Q2"), Face.objects.all())
    work_through(decided, dora, Reading("positive", {6: Score(True), 12: Score(True)}))
    (score,) = gold_scores(decided)
    assert score.ratio.has_interval
    assert score.verdict.text == "0.70 or more"
    assert "0.70 or more" in as_user(ben).get(f"/queues/{decided.pk}/").content.decode()


def test_a_gold_face_that_somebody_coded_after_seeing_it_does_not_count(faces, ben, ada):
    for face in faces:  # long ago, and not blind
        make_coding(face, human_coder(ada), truth=False)
    queue = make_queue(ben, gold_plan([ada]), Face.objects.all())
    work_through(queue, ada, Reading("positive", {6: Score(True), 12: Score(True)}))
    (score,) = gold_scores(queue)
    assert (score.faces, score.seen, score.wexler) == (0, 2, None)


def test_reviewer_makes_a_queue_on_the_page(as_user, ben, faces):
    client = as_user(ben)
    given = {
        "name": "Look again", "order": "random", "first_stage": "acceptance",
        "coders_per_face": "1", "seed": "3",
    }  # fmt: skip
    answer = client.post("/queues/new/", given)
    queue = Queue.objects.get()
    assert answer.headers["Location"] == f"/queues/{queue.pk}/"
    assert "Look again" in client.get("/queues/").content.decode()
    assert "Drawn at random" in client.get(f"/queues/{queue.pk}/").content.decode()
    assert client.post("/queues/new/", given).status_code == 400


def test_start_leads_to_the_first_face(as_user, ben, faces):
    queue = make_queue(ben, plan(), Face.objects.all())
    client = as_user(ben)
    answer = client.post(f"/queues/{queue.pk}/next/", {"stage": "acceptance"})
    first = queue.items.first().face_id
    assert answer.headers["Location"] == f"/faces/{first}/?queue={queue.pk}"
    text = client.get(answer.headers["Location"]).content.decode()
    assert "0 of 6 faces" in text
    assert "Drawn at random" in text


def test_get_hands_out_nothing(as_user, ben, faces):
    queue = make_queue(ben, plan(), Face.objects.all())
    assert as_user(ben).get(f"/queues/{queue.pk}/next/").status_code == 405


def test_saving_without_javascript_leads_to_the_next_face(as_user, ben, faces):
    queue = make_queue(ben, plan(), Face.objects.all())
    client = as_user(ben)
    client.post(f"/queues/{queue.pk}/next/", {"stage": "acceptance"})
    first, second = queue.items.all()[:2]
    given = {"decision": "accept_truth", "seen": first.face.codings.get().pk, "queue": queue.pk}
    answer = client.post(f"/faces/{first.face_id}/review/", given)
    assert answer.headers["Location"] == f"/faces/{second.face_id}/?queue={queue.pk}"


def test_coder_sees_only_queues_that_name_them_or_nobody(as_user, ada, ben, faces):
    hers = make_queue(
        ben, plan(name="hers", first_stage="coding", people=[ada]), Face.objects.all()
    )
    his = make_queue(ben, plan(name="his", people=[ben]), Face.objects.all())
    client = as_user(ada)
    assert client.get(f"/queues/{hers.pk}/").status_code == 200
    assert client.get(f"/queues/{his.pk}/").status_code == 404
    assert client.post(f"/queues/{his.pk}/next/").status_code == 404
    assert client.get("/queues/new/").status_code == 404
    assert client.post(f"/queues/{hers.pk}/close/").status_code == 404


def test_outsider_finds_nothing(as_user, cleo, ben, faces):
    queue = make_queue(ben, plan(), Face.objects.all())
    client = as_user(cleo)
    for path in ("/queues/", "/queues/new/", f"/queues/{queue.pk}/"):
        assert client.get(path).status_code == 404
    assert client.post(f"/queues/{queue.pk}/next/").status_code == 404


def test_a_closed_queue_hands_out_nothing(as_user, ben, faces):
    queue = make_queue(ben, plan(), Face.objects.all())
    client = as_user(ben)
    client.post(f"/queues/{queue.pk}/close/")
    queue.refresh_from_db()
    with pytest.raises(Forbidden):
        take_next(queue, ben, "acceptance")
    client.post(f"/queues/{queue.pk}/close/")
    queue.refresh_from_db()
    assert take_next(queue, ben, "acceptance")
