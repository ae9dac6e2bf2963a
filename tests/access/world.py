"""One of everything that an address can name, and everybody who may come to it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta

from django.core.files.base import ContentFile
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver
from django.utils import timezone
from rest_framework.test import APIClient

from annotations.codings.reading import Reading
from annotations.faces.neutral_frames import store_neutral
from annotations.faces.services import check_image
from annotations.models import (
    AgreementReport,
    BulkAction,
    BulkRun,
    Detection,
    Queue,
    QueueItem,
    QueueMaking,
)
from annotations.queues.plans import QueuePlan
from annotations.review.context import ReviewContext, Statement
from annotations.review.decisions import correct
from annotations.transfers.models import Export, Import
from annotations.withdrawal.models import Withdrawal
from facsweb.accounts.models import BrowserSession
from facsweb.accounts.permissions import SCOPES
from facsweb.accounts.tokens import issue_token
from facsweb.audit.selectors import entries
from facsweb.webhooks.models import Webhook
from inference.models import Explanation, InferenceRun, PriorRun
from tests.cast import make_user
from tests.factories import (
    curves,
    make_coding,
    make_face,
    make_run,
    make_subject,
    make_version,
    metrics,
    png,
)
from training.making.samples import freeze_truth
from training.ml.compared import ComparisonFigures, Moved, Moves
from training.ml.imbalance import imbalance
from training.models import ComparedCoder, Comparison, DriftCheck, FairnessReport

#: Django's own pages, which ask for `is_staff` and its permissions; tests/facsweb/test_admin.py.
NOT_OURS = ("admin/",)
PEOPLE = ("anonymous", "outsider", "queue coder", "coder", "reviewer", "admin", "auditor")
#: Tokens of the admin with one scope each.
TOKENS = tuple(f"token:{scope}" for scope in SCOPES)


@dataclass(frozen=True)
class Endpoint:
    name: str
    route: str

    @property
    def is_api(self) -> bool:
        return self.route.startswith("api/")


def endpoints() -> list[Endpoint]:
    """Every address of the URL configuration."""
    return [
        Endpoint(pattern.name or route, route)
        for route, pattern in _walk(get_resolver().url_patterns)
        if not route.startswith(NOT_OURS)
    ]


def _walk(patterns, prefix: str = ""):
    for pattern in patterns:
        route = prefix + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from _walk(pattern.url_patterns, route)
        elif isinstance(pattern, URLPattern):
            yield route, pattern


_FACTS = {
    "probability": 0.9, "landmark_weight": 0.2, "found_face": True,
    "seen_in_training": False, "empty": False,
}  # fmt: skip


class World:
    def __init__(self) -> None:
        roles = ("queue coder", "coder", "reviewer", "admin", "auditor")
        self.users = {"outsider": make_user("outsider", None)}
        self.users |= {name: make_user(name, name) for name in roles}
        admin = self.users["admin"]
        subject = make_subject("S001")
        face = make_face(subject, sequence="001", frame=9)
        truth = make_coding(face)
        Detection.objects.create(face=face, box=[0, 0, 9, 9], crop=[[0, 0]] * 4, landmarks=[])
        version = make_version("VGG16-one", champion=True)
        make_coding(face, version.coder)
        review = correct(
            ReviewContext(face, admin, seen=truth.pk, origin="a test"),
            Statement(Reading("negative")),
        )
        queue = Queue.objects.create(name="one", order="random", created_by=admin)
        QueueItem.objects.create(queue=queue, face=face, position=1, reason="", stage="acceptance")
        now = timezone.now()
        ended = {"status": "succeeded", "started_at": now - timedelta(hours=1), "finished_at": now}
        balance = imbalance(freeze_truth()[1], {}).to_json()
        figures = {"metrics": metrics(), "balance": balance, "probability_curves": curves()}
        training = make_run(version=version, **figures, **ended)
        drift = DriftCheck.objects.create(version=version, **ended)
        FairnessReport.objects.create(run=training, groups={}, coders={})
        token, _ = issue_token(admin, "one")
        mine = {"requested_by": admin, "size": 1, "sha256": "0" * 64}
        store_neutral(check_image(png()), subject=subject, sequence="001", frame=1)
        explanation = Explanation.objects.create(
            face=face, version=version, target="au:12", facts=_FACTS, **ended
        )
        explanation.image.save("one.png", ContentFile(png()))
        sent = Import.objects.create(name="a.zip", **mine, **ended)
        sent.refused.save("refused.csv", ContentFile(b"reason"))
        export = Export.objects.create(format="facsweb", **mine, **ended)
        export.file.save("export.zip", ContentFile(b"PK"))
        self.ids = {
            "face": face.pk,
            "neutral": face.pk,
            "review": review.pk,
            "coding": truth.pk,
            "queue": queue.pk,
            "coder": version.coder_id,
            "model": version.pk,
            "alias-move": version.moves.get().pk,
            "training": training.pk,
            "comparison": _compared(version.coder, truth.coder, face).pk,
            "drift-check": drift.pk,
            "inference-run": InferenceRun.objects.create(version=version, **ended).pk,
            "prior-run": PriorRun.objects.create(**ended).pk,
            "explanation": explanation.pk,
            "import": sent.pk,
            "job": sent.pk,
            "job-key": f"import-{sent.pk}",
            "export": export.pk,
            "token": token.pk,
            "admin-token": token.pk,
            "webhook": Webhook.objects.create(
                url="https://example.org/", events=["review.finished"], created_by=admin
            ).pk,
            "user": self.users["coder"].pk,
            "person": self.users["coder"].pk,
            "flag": face.flags.create(user=admin, comment="look").pk,
            "bulk": self._bulk(admin),
            "queue-making": QueueMaking.objects.create(
                plan=QueuePlan("Large", "random").to_json(), requested_by=admin
            ).pk,
            "agreement": AgreementReport.objects.create(coders=[], **ended).pk,
            "subject": subject.code,
            "audit": entries().latest("number").number,
            "subject-page": subject.pk,
            "withdrawal": Withdrawal.objects.create(**ended).pk,
        }
        self.clients = self._clients()
        self.ids["session"] = BrowserSession.objects.get(user=admin).pk

    def _bulk(self, admin) -> int:
        action = BulkAction.objects.create(
            kind=BulkAction.Kind.ACCEPT_MODEL, parameters={}, created_by=admin
        )
        BulkRun.objects.create(action=action, requested_by=admin)
        return action.pk

    def _clients(self) -> dict[str, Client]:
        clients: dict[str, Client] = {"anonymous": APIClient()}
        for name, user in self.users.items():
            clients[name] = APIClient()
            clients[name].force_login(user)
        for scope in SCOPES:
            _, text = issue_token(self.users["admin"], scope, [scope])
            clients[f"token:{scope}"] = APIClient(headers={"Authorization": f"Token {text}"})
        return clients

    def address(self, endpoint: Endpoint) -> str:
        """The endpoint's address of the one thing that there is of its kind."""
        kind = endpoint.name.removeprefix("api-")
        ids = self.ids
        by_prefix = sorted((name for name in ids if kind.startswith(name)), key=len)
        pk = ids[_KINDS.get(endpoint.name) or (by_prefix[-1] if by_prefix else "face")]
        kinds = {"transfer-cancel": "import", "transfer-discard": "export"}
        path = endpoint.route.replace("<str:kind>", kinds.get(endpoint.name, ""))
        path = path.replace("<slug:kind>", "import").replace("<id:side>", "240")
        route = re.sub(r"\(\?P<\w+>[^)]*\)|<[a-z]+:\w+>", str(pk), path)
        return "/" + route.replace("^", "").replace("$", "").replace("\\.", ".").rstrip("\\Z")


def _compared(first, second, face) -> Comparison:
    """A comparison in which the face moved."""
    made = Comparison.objects.create(
        status="succeeded",
        started_at=timezone.now(),
        finished_at=timezone.now(),
        figures=ComparisonFigures(faces=1, subjects=1).to_json(),
        moves=[Moves(emotion_worse=Moved(1, (face.pk,))).to_json()],
    )
    for place, coder in enumerate((first, second)):
        ComparedCoder.objects.create(comparison=made, coder=coder, place=place)
    return made


#: Endpoints whose name doesn't begin with what their address names.
_KINDS = {
    "api-job-detail": "job-key",
    "api-job-cancel": "job-key",
    "api-job-retry": "job-key",
    "export-new": "face",
    "prior-cancel": "prior-run",
    "token-revoke": "admin-token",
    "transfer-cancel": "import",
    "transfer-discard": "export",
    "flag": "face",
    "undo": "review",
    "resolve-flag": "flag",
    "bulk-undo": "bulk",
    "bulk-cancel": "bulk",
    "switch-blind": "user",
    "explain": "face",
    "dashboard": "training",
    "figures": "training",
    "balance": "training",
    "drift": "model",
    "training-groups": "training",
    "api-training-run-groups": "training",
    "curves": "training",
    "thresholds": "training",
    "api-training-run-curves": "training",
    "metrics-json": "training",
    "metrics-csv": "training",
    "predictions-csv": "training",
    "predictions-parquet": "training",
    "model-zip": "training",
    "promotion": "model",
    "promotion-compare": "model",
    "api-alias-move-detail": "alias-move",
    "review": "face",
    "api-training-run-balance": "training",
    "api-training-run-detail": "training",
    "api-training-run-cancel": "training",
    "api-training-run-notes": "training",
    "api-training-run-archive": "training",
    "api-training-run-unarchive": "training",
    "api-training-run-metrics": "training",
    "api-training-run-predictions": "training",
    "api-training-run-model": "training",
}
