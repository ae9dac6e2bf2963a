"""`make demo`: the product's main job from nothing, stage by stage.

Each stage finds what an earlier run left and reuses it, so an interrupted demo goes on.
"""

from __future__ import annotations

import json
import secrets
import subprocess
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group, User
from django.core.management import call_command
from django.db import connection

from annotations.codings.selectors import default_coder
from annotations.formats.readers import detect_layout
from annotations.models import Face, Queue, Subject
from annotations.queues.errors import InvalidQueue
from annotations.queues.orders import Order
from annotations.queues.services import QueuePlan, make_queue
from annotations.synthetic.generator import generate
from annotations.transfers.import_rows import import_folder
from facsweb import old_database, processes
from facsweb.accounts.permissions import ADMIN
from facsweb.jobs.console import StageBar
from facsweb.jobs.heartbeat import QUEUES, worker_state
from facsweb.jobs.models import Run
from facsweb.problems import Problem
from facsweb.static_files import collect_static
from inference.files import local_file
from inference.ml.artifact import ArtifactError, load_manifest
from inference.ml.weights import WeightsUnavailable, fetch_weights
from inference.registry import champion
from training.dashboard import absent_text
from training.ml.metrics import AbsentEmotions
from training.models import TrainingRun
from training.services import request_training

_USERNAME = "admin"
_WORKER_START_SECONDS = 90
_FIRST_QUEUE = 60


class DemoError(Exception):
    """The demo cannot go on; the text says why and what to do."""


class Demo:
    def __init__(self, *, say: Callable[[str], Any], data: Path | None) -> None:
        self.say = say
        self.data = data
        self.user: Any = None
        self.password: str | None = None

    def prepare(self) -> None:
        """Prepare what needs no other process: weights, data, database."""
        if self.data:
            self._check_data(self.data)
        self.begin_anew_if_older()
        self._weights()
        root = self.data or self._demo_data()
        call_command("migrate", verbosity=0)
        collect_static()
        self._import(root)
        self.user, self.password = _admin()

    def work(self, address: str | None) -> None:
        """Train and predict through the queue; then serve, unless `address` is None."""
        logs = settings.VAR_DIR / "logs"
        children = [
            processes.start(processes.worker_command(queue), logs / f"worker-{queue}.log")
            for queue in QUEUES
        ]
        if address:
            children.append(processes.start(processes.web_command(address), logs / "web.log"))
        try:
            _wait_for_workers(children, logs)
            training = self._train(children, logs)
            figures = self._figures(training)
            _write_figures(figures)
            self.say(_summary(training, figures))
            self._first_queue()
            if address:
                self._greet(address)
                processes.wait_for_any(children)
        finally:
            processes.stop(children)

    def _check_data(self, root: Path) -> None:
        """Refuse a wrong DATA at once, not after the minutes that the rest takes."""
        try:
            detect_layout(root)
        except Problem as error:
            raise DemoError(f"DATA: {self.data}: {error}") from None

    def begin_anew_if_older(self) -> None:
        """Set an earlier facsweb's SQLite database aside. Raises DemoError for PostgreSQL's."""
        if not old_database.is_older(connection):
            return
        if connection.vendor != "sqlite":
            raise DemoError(old_database.what_to_do(connection))
        kept, media = old_database.set_aside(connection)
        pictures = f", its pictures as {media.name}" if media else ""
        self.say(
            f"database   {connection.settings_dict['NAME']} was made by an earlier facsweb, so "
            f"the demo begins anew; it is kept as {kept.name}{pictures}."
        )

    def _weights(self) -> None:
        started = time.monotonic()
        try:
            fetch_weights(settings.WEIGHTS_ROOT, settings.VGG16_WEIGHTS, log=self.say)
        except WeightsUnavailable as error:
            raise DemoError(str(error)) from None
        self.say(f"weights    VGG16 ImageNet, checked ({_since(started)})")

    def _demo_data(self) -> Path:
        started = time.monotonic()
        root = settings.VAR_DIR / "demo" / "CK+"
        root.parent.mkdir(parents=True, exist_ok=True)
        with StageBar("drawing faces") as bar:
            generate(root, progress=bar)
        self.say(f"demo data  synthetic faces of nobody, in CK+'s layout ({_since(started)})")
        return root

    def _import(self, root: Path) -> None:
        started = time.monotonic()
        with StageBar("importing") as bar:
            report = import_folder(root, progress=bar)
        for error in report.errors:
            self.say(f"  {error}")
        faces, subjects = Face.objects.count(), Subject.objects.count()
        if not faces:
            raise DemoError(f"{root} holds no labelled face that could be imported.")
        self.say(
            f"import     {faces} faces of {subjects} subjects, "
            f"{len(report.errors)} rows refused ({_since(started)})"
        )

    def _train(self, children: Sequence[subprocess.Popen[bytes]], logs: Path) -> TrainingRun:
        training = _reusable_training()
        if training is None:
            training = TrainingRun.objects.active().first()
            if training is None:
                training = request_training(self.user)
            else:
                training.enqueue()  # an interrupted demo's: its worker is gone
            _follow(training, children, "training", logs)
        if training.inference_run is None:
            raise DemoError("The training asked for no predictions; see the training page.")
        _follow(training.inference_run, children, "predicting", logs)
        return training

    def _figures(self, training: TrainingRun) -> dict[str, Any]:
        assert training.metrics is not None  # it has succeeded
        test = training.metrics["test"]
        emotion, units = test["emotion"] or {}, test["action_units"] or {}
        return {
            "faces": Face.objects.count(),
            "subjects": Subject.objects.count(),
            "test_faces": test["faces"],
            "test_subjects": test["subjects"],
            "emotion_accuracy": emotion.get("accuracy"),
            "emotion_macro_f1": emotion.get("macro_f1"),
            "absent_emotions": emotion.get("absent"),
            "majority_accuracy": emotion.get("majority_accuracy"),
            "au_macro_f1": units.get("macro_f1"),
            "action_units_left_out": units.get("left_out", []),
            "train_seconds": training.seconds,
            "predict_images_per_second": _throughput(training),
        }

    def _first_queue(self) -> None:
        """Make a queue to begin with: the faces whose labels the model doubts."""
        if Queue.objects.exists():
            return
        plan = QueuePlan(
            "Suspected label errors", Order.LABEL_ERRORS, model=default_coder(), limit=_FIRST_QUEUE
        )
        try:
            queue = make_queue(self.user, plan, Face.objects.all())
        except InvalidQueue:
            return  # it suspects none
        count = queue.items.count()
        self.say(f"queue      the {count} most suspicious labels, to begin with")

    def _greet(self, address: str) -> None:
        password = self.password or "as shown by the first run, or in var/demo-password"
        self.say(f"\n  facsweb is at http://{address}/\n")
        self.say(f"  user {_USERNAME}   password {password}\n\nCtrl-C ends it.")


def _admin() -> tuple[User, str | None]:
    """Return the demo's admin and their password; None if it isn't the demo's to know.

    The password is made once and kept beside the database, private.
    """
    user, created = get_user_model().objects.get_or_create(username=_USERNAME)
    path = settings.VAR_DIR / "demo-password"
    if created or not path.exists():
        if not created and user.has_usable_password():
            return user, None  # somebody's own admin: leave it alone
        password = secrets.token_urlsafe(9)
        path.touch(mode=0o600)
        path.write_text(password + "\n", encoding="utf-8")
        user.is_staff = user.is_superuser = True
        user.set_password(password)
        user.save()
        user.groups.add(Group.objects.get(name=ADMIN))
    return user, path.read_text(encoding="utf-8").strip()


def _reusable_training() -> TrainingRun | None:
    """Return the champion's run, as long as its artefact still stands and can be read."""
    version = champion()
    if version is None:
        return None
    try:
        load_manifest(version.path)
    except ArtifactError:
        return None
    return version.training_runs.filter(status=Run.Status.SUCCEEDED).first()


def _wait_for_workers(children: Sequence[subprocess.Popen[bytes]], logs: Path) -> None:
    deadline = time.monotonic() + _WORKER_START_SECONDS
    while worker_state().missing:
        _check_alive(children, logs)
        if time.monotonic() > deadline:
            raise DemoError(f"The workers did not answer; see the logs in {logs}.")
        time.sleep(0.3)


def _check_alive(children: Sequence[subprocess.Popen[bytes]], logs: Path) -> None:
    for child in children:
        if child.poll() is not None:
            raise DemoError(f"A process ended by itself; the logs in {logs} say why.")


def _follow(run: Run, children: Sequence[subprocess.Popen[bytes]], label: str, logs: Path) -> None:
    """Show a run's progress until it ends. Raises DemoError unless it succeeded."""
    with StageBar(label) as bar:
        while run.is_active:
            _check_alive(children, logs)
            bar(run.done, run.total, run.stage)
            time.sleep(0.5)
            run.refresh_from_db()
    if run.status != Run.Status.SUCCEEDED:
        raise DemoError(f"{label} {run.status}: {run.error} (logs in {logs})")


def _summary(training: TrainingRun, figures: dict[str, Any]) -> str:
    predicted = training.inference_run
    assert predicted is not None  # `_train` followed it
    left_out = ", ".join(f"AU{au}" for au in figures["action_units_left_out"]) or "none"
    return (
        f"training   {training.seconds:.0f} s, {training.version}\n"
        f"predicted  {predicted.total} faces; "
        f"{figures['predict_images_per_second']:.1f} a second when nothing is cached\n"
        f"test       {figures['test_faces']} faces of {figures['test_subjects']} subjects, "
        "each read by what never saw its subject\n"
        f"  emotion  accuracy {_figure(figures['emotion_accuracy'])} "
        f"(majority class {_figure(figures['majority_accuracy'])}), "
        f"macro F1 {_figure(figures['emotion_macro_f1'])}"
        f"{absent_text(AbsentEmotions.from_json(figures['absent_emotions'] or {}))}\n"
        f"  AUs      macro F1 {_figure(figures['au_macro_f1'])} "
        f"(too few positives to count: {left_out})"
    )


def _figure(value: float | None) -> str:
    return "not measured" if value is None else f"{value:.3f}"


def _write_figures(figures: dict[str, Any]) -> None:
    path = settings.VAR_DIR / "demo.json"
    partial = path.with_suffix(".part")
    partial.write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")
    partial.replace(path)


def _throughput(training: TrainingRun, faces: int = 48) -> float:
    """Measure faces per second, from file to prediction.

    No feature is cached, and the network is loaded.
    """
    # Here, not above: TensorFlow takes seconds, and what comes before needs none of it.
    from inference.ml.predictor import Predictor

    assert training.version is not None  # it has succeeded
    predictor = Predictor.load(training.version.path)
    files = [local_file(face) for face in Face.objects.order_by("pk")[:faces]]
    predictor.predict(files[:16])  # compiles the network
    started = time.perf_counter()
    predictor.predict(files)
    return len(files) / (time.perf_counter() - started)


def _since(started: float) -> str:
    return f"{time.monotonic() - started:.0f} s"
