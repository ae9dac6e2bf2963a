"""A world in which whatever a blind coder must not know is a marker that is nowhere else."""

from __future__ import annotations

import re
from collections.abc import Iterator

from django.contrib import admin
from django.contrib.auth.models import Group
from django.core.files.base import ContentFile
from django.db.models import QuerySet
from django.test import Client
from django.urls import reverse
from rest_framework.test import APIClient

from annotations.codings.services import human_coder
from annotations.models import (
    ActionUnitScore,
    Coding,
    Face,
    Flag,
    Queue,
    QueueItem,
    Review,
    Subject,
)
from annotations.transfers.models import Export, Import
from inference.models import Explanation
from tests.access.world import Endpoint, World, endpoints
from tests.cast import make_user
from tests.factories import make_coding

#: What each hidden thing is called in the first world, and in a second one that differs in
#: nothing else.
FIRST = {
    "sequence": "sequencemark", "frame": 77120931, "ethnicity": "ethnicitymark",
    "age_group": "agemark", "source": "sourcemark", "source_name": "namemark.png",
    "comment": "commentmark", "origin": "originmark", "flag": "flagmark", "reason": "reasonmark",
    "order": "ordermark", "target": "targetmark", "error": "errormark",
    "probability": 0.731092, "certainty": 0.640817, "emotion": "surprise", "present": True,
    "distance": 1.482716, "sets": {"emotions": ["negative", "surprise"], "unsure": [12]},
}  # fmt: skip
SECOND = {
    "sequence": "sequencesign", "frame": 66541783, "ethnicity": "ethnicitysign",
    "age_group": "agesign", "source": "sourcesign", "source_name": "namesign.png",
    "comment": "commentsign", "origin": "originsign", "flag": "flagsign", "reason": "reasonsign",
    "order": "ordersign", "target": "targetsign", "error": "errorsign",
    "probability": 0.218455, "certainty": 0.519377, "emotion": "negative", "present": False,
    "distance": 0.351907, "sets": {"emotions": ["negative"], "unsure": []},
}  # fmt: skip
#: By which a reading can't be told: a name of a class, or a truth value.
_NOT_TEXT = {"emotion", "present", "sets"}
MARKERS = sorted(str(value) for name, value in FIRST.items() if name not in _NOT_TEXT)

#: Blind by a setting, in each role; and by a queue that names them.
BLIND = ("blind coder", "blind reviewer", "blind admin", "coder of a blind queue")
_VARIES = re.compile(
    r'\b\d\d:\d\d\b|name="csrfmiddlewaretoken" value="\w+"|csrftoken=\w+'
    r'|sessionid=\w+|"cursor=[^"]*"'
    r"|\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+(?:Z|\+00:00)|\b[0-9a-f]{64}\b"
    r"|/welcome/#[0-9A-Z-]+"  # the code of a link that is shown once
)


#: Ids of what a request made: PostgreSQL doesn't give a number twice, even if that was rolled back.
_NEW = re.compile(r'"id":\d+|(?<=Location: )/\w+/\d+/')


class BlindWorld(World):
    def __init__(self) -> None:
        super().__init__()
        face = Face.objects.get(pk=self.ids["face"])
        author = self.users["admin"]
        make_coding(face, human_coder(make_user("another coder", "coder")), truth=False)
        self._add_queues(face, author)
        self.say(FIRST)
        for name in BLIND:
            self._add_blind(name)

    def _add_queues(self, face: Face, author) -> None:
        """One that hands everybody the face with a reason, and a blind one with a gold face."""
        whole = {"face": face, "position": 1, "stage": "coding", "reason": "-", "wanted": 9}
        self.queues = {}
        for name, blind in (("open work", False), ("blind work", True)):
            queue = Queue.objects.create(
                name=name, order="-", first_stage="coding", is_blind=blind, created_by=author,
                coders_per_face=9,
            )  # fmt: skip
            gold = face.codings.accepted().get() if blind else None
            QueueItem.objects.create(queue=queue, gold=gold, **whole)
            self.queues[name] = queue

    def _add_blind(self, name: str) -> None:
        role = name.split()[1] if name.startswith("blind") else "coder"
        user = make_user(name.replace(" ", "_"), role)
        user.is_staff = user.is_superuser = role == "admin"
        user.save()
        if name.startswith("blind"):
            coder = human_coder(user)
            coder.codes_blind = True
            coder.save()
        else:
            self.queues["blind work"].members.create(user=user, stage="coding")
        if name == "blind coder":  # who audits, too: what people did must tell no label either
            user.groups.add(Group.objects.get(name="auditor"))
        self.users[name] = user
        self.clients[name] = APIClient()
        self.clients[name].force_login(user)
        self.clients[name].get("/account/")  # from now on their session has an address

    def say(self, told: dict) -> None:
        """Write what `told` says wherever it is hidden from who codes blind."""
        face = Face.objects.filter(pk=self.ids["face"])
        face.update(**{name: told[name] for name in ("sequence", "frame", "source_name")})
        tags = {name: told[name] for name in ("ethnicity", "age_group")}
        Subject.objects.filter(faces__in=face).update(gender="female", **tags)
        codings = Coding.objects.filter(face__in=face)
        codings.update(
            source=told["source"], emotion=told["emotion"], extra={"note": told["source"]}
        )
        codings.filter(coder_kind="model").update(
            emotion_probabilities={"surprise": told["probability"]},
            confidence=told["probability"],
            distance=told["distance"],
            sets=told["sets"],
        )
        scores = ActionUnitScore.objects.filter(coding__in=codings)
        scores.update(present=told["present"], intensity="")
        scores.filter(coding__coder_kind="model").update(probability=told["certainty"])
        reviews = QuerySet(Review).filter(face__in=face)  # which are written once, else
        reviews.update(comment=told["comment"], origin=told["origin"])
        Flag.objects.filter(face__in=face).update(comment=told["flag"])
        QueueItem.objects.filter(face__in=face).update(reason=told["reason"])
        Queue.objects.update(order=told["order"], target=told["target"])
        facts = Explanation.objects.get(pk=self.ids["explanation"])
        facts.facts = {**facts.facts, "probability": told["certainty"]}
        facts.error = told["error"]
        facts.save()
        self._say_in_files(told)

    def _say_in_files(self, told: dict) -> None:
        sent = Import.objects.get(pk=self.ids["import"])
        sent.outcome = {"refused": 1, "first_refusals": [{"file": "a", "reason": told["error"]}]}
        sent.refused.save("refused.csv", ContentFile(told["source"].encode()))
        sent.save()
        export = Export.objects.get(pk=self.ids["export"])
        export.file.save("export.zip", ContentFile(told["source"].encode()))
        export.save()

    def answers(self, name: str) -> Iterator[tuple[str, str]]:
        """(what was asked, all of the answer) for every address, as the person of that name."""
        for endpoint in endpoints():
            yield from self._asked(name, endpoint)
        yield from self._with_parameters(name)
        if name == "blind admin" or name == "admin":
            yield from self._admin_pages(name)

    def _asked(self, name: str, endpoint: Endpoint) -> Iterator[tuple[str, str]]:
        address = self.address(endpoint)
        if endpoint.name in {"logout", "switch-blind"}:
            return
        for method, bodies in (("get", [{}]), ("post", _bodies(self, endpoint) or [{}])):
            for body in bodies:
                yield f"{method} {address} {body}", self.ask(name, method, address, body)

    def _with_parameters(self, name: str) -> Iterator[tuple[str, str]]:
        queue = self.queues["open work"].pk
        face = self.ids["face"]
        addresses = [f"/faces/{face}/?queue={queue}", f"/faces/{face}/adjudicate/?queue={queue}"]
        addresses += [f"/faces/{face}/?queue={self.queues['blind work'].pk}"]
        addresses += [f"/queues/{pk.pk}/" for pk in self.queues.values()]
        addresses += [f"/api/v1/queues/{pk.pk}/" for pk in self.queues.values()]
        addresses += [f"/{query}" for query in GALLERY]
        addresses += [f"/api/v1/faces/{query}" for query in FACES]
        addresses += [f"/api/v1/codings/{query}" for query in CODINGS]
        addresses += [f"/api/v1/reviews/{query}" for query in REVIEWS]
        addresses += ["/bulk/?confidence=0.5&agreeing=0", "/agreement/?blind=on"]
        for address in addresses:
            yield f"get {address}", self.ask(name, "get", address, {})
        for queue in self.queues.values():
            yield f"work on {queue}", self._work_on(name, queue)

    def _work_on(self, name: str, queue: Queue) -> str:
        """Be handed the face by a queue, on the page and by the API, and open it there."""
        handed = {"stage": "coding", "accept": "application/json"}
        told = self.ask(name, "post", f"/queues/{queue.pk}/next/", handed)
        told += self.ask(name, "post", f"/api/v1/queues/{queue.pk}/next/", {"stage": "coding"})
        told += self.ask(name, "get", f"/faces/{self.ids['face']}/?queue={queue.pk}", {})
        return told + self.ask(
            name, "post", f"/faces/{self.ids['face']}/skip/", {"queue": queue.pk}
        )

    def _admin_pages(self, name: str) -> Iterator[tuple[str, str]]:
        for model in admin.site._registry:
            place = f"admin:{model._meta.app_label}_{model._meta.model_name}"
            addresses = [reverse(f"{place}_changelist")]
            for pk in model._default_manager.values_list("pk", flat=True)[:20]:
                addresses += [
                    reverse(f"{place}_{page}", args=[pk]) for page in ("change", "history")
                ]
            for address in [*addresses, f"{addresses[0]}?q=sequencemark"]:
                yield f"get {address}", self.ask(name, "get", address, {})

    def ask(self, name: str, method: str, address: str, body: dict) -> str:
        """Status, headers and body of an answer, less what varies by itself."""
        client: Client = self.clients[name]
        options = {"HTTP_ACCEPT": body["accept"]} if "accept" in body else {}
        sent = {key: value for key, value in body.items() if key != "accept"}
        if method == "post" and address.startswith("/api/"):
            options["format"] = "json"
        answer = getattr(client, method)(address, sent, **options)
        content = (
            b"".join(answer.streaming_content)
            if hasattr(answer, "streaming_content")
            else answer.content
        )
        headers = "\n".join(
            f"{key}: {value}"
            for key, value in sorted(answer.headers.items())
            # A body's length says what the body says, and counts the digits of a new row's id.
            if key not in {"Expires", "RateLimit", "X-Request-ID"}
            and (key, value) != ("Content-Length", str(len(content)))
        )
        told = f"{answer.status_code}\n{headers}\n{content.decode('utf-8', 'replace')}"
        told = _VARIES.sub("", told)
        return _NEW.sub("", told) if method == "post" else told


def _bodies(world: World, endpoint: Endpoint) -> list[dict]:
    """What an honest client would send there, beside nothing."""
    face = world.ids["face"]
    return {
        "review": [
            {"decision": decision, "au": ["12"], "emotion": "positive"}
            for decision in ("accept_truth", "accept_model", "correct", "adjudicate")
        ],
        "explain": [{"target": "au:12"}, {"target": "au:12", "accept": "application/json"}],
        "flag": [{"comment": "look"}, {"comment": "look", "accept": "application/json"}],
        "queue-next": [{"stage": "coding", "accept": "application/json"}],
        "api-queue-next": [{"stage": "coding"}],
        "export-new": [{"format": "parquet"}],
        "api-export-list": [{"format": "parquet"}],
        "queue-new": [{"name": "mine", "order": "rarest_au", "first_stage": "acceptance",
                       "coders_per_face": 1, "seed": 1}],
        "api-queue-list": [{"name": "mine", "order": "least_coded"}],
        "bulk": [{"confidence": "0.5", "agreeing": "0", "digest": ""}],
        "api-face-known": [{"sha256": [Face.objects.get(pk=face).sha256]}],
        "api-prediction-batch": [
            {"model": "OpenFace 2", "items": [{"face": face, "action_units": {"12": True}}]}
        ],
        "undo": [{"accept": "application/json"}],
    }.get(endpoint.name, [])  # fmt: skip


GALLERY = (
    "?emotion=surprise", "?emotion=negative", "?au=12", "?agreement=agree", "?agreement=disagree",
    "?agreement=unlabelled", "?split=test", "?flagged=on", "?after=1",
    "?au_probability=12&probability_from=0.3", "?au_absent=12", "?quality=dark", "?unlike=on",
)  # fmt: skip
FACES = (
    "?emotion=surprise", "?emotion_model=surprise", "?au=12", "?au_truth=12", "?au_model=12",
    "?disagrees=true", "?disagrees=false", "?agreement=unlabelled", "?split=test", "?coder=CK%2B",
    "?confidence__gte=0.5", "?confidence__lt=0.5", "?updated_since=2020-01-01T00:00:00Z",
    "?ordering=confidence", "?ordering=-confidence", "?ordering=-id", "?subject=S001",
    "?fields=id,sequence,frame,subject", "?page_size=1", "?au_absent=12", "?au_also=12",
    "?au_probability=12&probability_from=0.3", "?au_probability=12&probability_below=0.3",
    "?quality=dark", "?unlike=true", "?unlearnt=true", "?flagged=true",
    "?uploaded_from=2020-01-01T00:00:00Z",
)  # fmt: skip
CODINGS = (
    "?emotion=surprise",
    "?au=12",
    "?kind=model",
    "?is_accepted=true",
    "?ordering=confidence",
)
REVIEWS = ("?decision=correct", "?reviewer=admin", "?updated_since=2020-01-01T00:00:00Z")
