"""Agreement and bulk actions on thousands of faces by a real worker, which is killed on the way."""

import signal
import time

import pytest

from tests.end_to_end.test_transfers import kill_worker, signal_worker
from tests.stack import bare_stack

pytestmark = pytest.mark.worker

FACES = 4000
_AGREEMENT = """
from django.contrib.auth.models import User
from annotations.agreement.services import Question, request_report
print(request_report(Question(), User.objects.get(username="reviewer")).pk)
"""
_FIGURES = """
from django.contrib.auth.models import User
from annotations.agreement.report import agreement_report
from annotations.agreement.services import Question, answer
from annotations.agreement.stored import to_json
from annotations.models import Coder, Coding
found = answer(Question(), User.objects.get(username="reviewer"))
people = Coder.objects.filter(kind="human").order_by("name")
at_once = agreement_report(Coding.objects.all(), people)
same = to_json(found.report) == to_json(at_once)
print(found.is_stored, found.has_changed, found.report.faces > 100, same)
"""
_BULK = """
from django.contrib.auth.models import User
from annotations.models import Coder, Face
from annotations.review.bulk import apply
from annotations.review.bulk_preview import Criteria, preview
criteria = Criteria(Coder.objects.get(kind="model"), 0.5, 0)
shown = preview(Face.objects.all(), criteria)
user = User.objects.get(username="admin")
print(apply(user, Face.objects.all(), criteria, shown.digest).runs.get().pk)
"""
_UNDO = """
from django.contrib.auth.models import User
from annotations.models import BulkAction
from annotations.review.bulk import undo
print(undo(BulkAction.objects.get(), User.objects.get(username="admin")).pk)
"""
_TOLD = """
import hashlib
from annotations.codings.facts import wrong_facts
from annotations.models import BulkRun, Coding, Review
truths = Coding.objects.accepted().order_by("face").values_list("face", "pk")
run = BulkRun.objects.first()
taken = Review.objects.filter(decision="accept_model")
print(
    hashlib.sha256(str(list(truths)).encode()).hexdigest(),
    run.changed if run else 0, run.attempts if run else 0,
    taken.count(), taken.values("face").distinct().count(), len(wrong_facts(0, 10**9)),
)
"""
_LONG_AGO = """
from datetime import timedelta
from django.utils import timezone
from annotations.models import BulkRun
running = BulkRun.objects.filter(status="running")
running.update(heartbeat_at=timezone.now() - timedelta(minutes=5))
"""


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with bare_stack(tmp_path_factory.mktemp("reviewers"), queues=["data"]) as stack:
        stack.manage("load_test_data", "--faces", str(FACES), "--pictures", "0")
        yield stack


def shell(server, code: str) -> list[str]:
    return server.manage("shell", "-v0", "-c", code).split()


def told(server) -> tuple[str, int, int, int, int, int]:
    truths, *numbers = shell(server, _TOLD)[-6:]
    return (truths, *map(int, numbers))


def test_agreement_is_worked_out_by_a_worker_as_at_once(server):
    pk = shell(server, _AGREEMENT)[-1]
    job = server.wait_for_run(f"jobs/agreement-{pk}/")
    assert job["status"] == "succeeded", job
    assert shell(server, _FIGURES)[-4:] == ["True", "False", "True", "True"]


def test_a_bulk_action_survives_kill_9_and_is_undone_as_one(server):
    before, *_ = told(server)
    signal_worker(server, signal.SIGSTOP)  # it may be done before the shell has ended
    pk = shell(server, _BULK)[-1]
    deadline = time.monotonic() + 180
    while not told(server)[1] and time.monotonic() < deadline:
        # Whoever looks may be slower than the worker, which so goes on while nobody looks.
        signal_worker(server, signal.SIGCONT)
        time.sleep(0.5)
        signal_worker(server, signal.SIGSTOP)
    kill_worker(server)
    _, changed, attempts, reviews, faces, wrong = told(server)
    assert attempts == 1
    assert 0 < changed == reviews == faces, "whole parts, and the number of their changes"
    assert wrong == 0
    server.manage("shell", "-v0", "-c", _LONG_AGO)  # as if the lease had passed meanwhile
    server.start("data-worker", "worker", "--queue", "data")
    ended = server.wait_for_run(f"jobs/bulk-{pk}/")
    assert ended["status"] == "succeeded", ended
    after, changed, attempts, reviews, faces, wrong = told(server)
    assert (attempts, wrong) == (2, 0)
    assert 500 < changed == reviews == faces, "none twice"
    assert after != before
    undoing = shell(server, _UNDO)[-1]
    ended = server.wait_for_run(f"jobs/bulk-{undoing}/")
    assert ended["status"] == "succeeded", ended
    restored, changed, *_, wrong = told(server)
    assert (restored, changed, wrong) == (before, reviews, 0)
