"""Coders who work at once, each a process of their own, on the real database."""

import json
import subprocess
import sys
import time

import pytest

from tests.stack import ROOT

pytestmark = pytest.mark.worker

_MAKE = """
from django.contrib.auth.models import User
from annotations.models import Face
from annotations.queues.plans import QueuePlan
from annotations.queues.services import make_queue
people = list(User.objects.filter(username__in={names!r}))
plan = QueuePlan({name!r}, "random", first_stage="coding", people=people, coders_per_face={n})
print(make_queue(User.objects.get(username="admin"), plan, Face.objects.all()).pk)
"""
_WORK = """
import json, time
from django.contrib.auth.models import User
from annotations.models import Queue
from annotations.queues.assignments import take_next
user, queue, faces = User.objects.get(username={name!r}), Queue.objects.get(pk={queue}), []
time.sleep(max(0, {start} - time.time()))
while (assignment := take_next(queue, user, "coding", besides=faces)) is not None:
    faces.append(assignment.item.face_id)
    time.sleep(0.01)  # nobody is that quick; else SQLite's lock may stay with one of them
print(json.dumps(faces))
"""


def hand_out(stack, names: list[str], coders_per_face: int) -> dict[str, list[int]]:
    """Everybody takes all that they can get, at the same time: name -> faces."""
    name = f"at once {time.time()}"
    made = stack.manage(
        "shell", "-v0", "-c", _MAKE.format(names=names, name=name, n=coders_per_face)
    )
    start = time.time() + 8  # so that slow starts don't put them one after the other
    processes = {
        name: subprocess.Popen(
            [sys.executable, "manage.py", "shell", "-v0", "-c",
             _WORK.format(name=name, queue=int(made), start=start)],
            cwd=ROOT, env=stack.environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )
        for name in names
    }  # fmt: skip
    taken = {}
    for name, process in processes.items():
        output, errors = process.communicate(timeout=120)
        assert process.returncode == 0, errors.decode()
        taken[name] = json.loads(output.decode().splitlines()[-1])
    return taken


def test_two_coders_at_once_never_get_the_same_face(stack):
    faces = {face["id"] for face in _all_faces(stack)}
    taken = hand_out(stack, ["coder", "coder2"], 1)
    first, second = taken["coder"], taken["coder2"]
    assert not set(first) & set(second)
    assert sorted(first + second) == sorted(faces)
    assert first  # both were at it
    assert second


def test_a_face_goes_to_just_as_many_coders_as_wanted(stack):
    faces = {face["id"] for face in _all_faces(stack)}
    taken = hand_out(stack, ["coder", "coder2", "reviewer"], 2)
    for mine in taken.values():
        assert len(mine) == len(set(mine))
    everything = [face for mine in taken.values() for face in mine]
    assert sorted(everything) == sorted([*faces, *faces])


def _all_faces(stack) -> list[dict]:
    found, path = [], "faces/"
    while path:
        page = stack.call(path, user="admin")
        found += page["results"]
        path = (page["next"] or "").partition("/api/v1/")[2]
    return found
