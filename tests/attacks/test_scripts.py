"""Scripts in whatever people write: names, codes, tags, comments, reasons."""

from __future__ import annotations

import pytest
from django.db.models import QuerySet

from annotations.models import Coder, Coding, Face, Flag, Queue, QueueItem, Review, Subject
from annotations.transfers.models import Import
from facsweb.accounts.models import ApiToken
from facsweb.webhooks.models import Webhook
from inference.models import AliasMove, Explanation
from tests.access.world import World, endpoints
from training.models import TrainingRun

pytestmark = pytest.mark.django_db
SCRIPT = "<script>alert(1)</script>"
#: Ends an attribute, a tag, a string of a script.
BREAKS = "\"'><img src=x onerror=alert(1)>"


@pytest.fixture
def world(settings) -> World:
    """One in which everything that has a name is called by a script."""
    settings.API_REQUESTS_PER_MINUTE = settings.SIGN_INS_PER_MINUTE = 1_000_000
    made = World()
    text = SCRIPT + BREAKS
    subject = Subject.objects.filter(faces=made.ids["face"])
    subject.update(code=text[:32], ethnicity=text[:32], age_group="<b>20</b>")
    made.ids["subject"] = text[:32]
    Face.objects.update(sequence=text[:16], source_name=text)
    Coding.objects.update(source=text, extra={"note": text})
    Coder.objects.exclude(kind="human").update(name=text)
    QuerySet(Review).update(comment=text, origin=text)
    Flag.objects.update(comment=text)
    Queue.objects.update(name=text)
    QueueItem.objects.update(reason=text)
    Import.objects.update(name=text, error=text, coder_name=text, status="failed")
    ApiToken.objects.update(name=text[:80])
    Webhook.objects.update(url="https://example.org/" + text)
    Explanation.objects.update(error=text)
    QuerySet(AliasMove).update(reason=text)
    TrainingRun.objects.update(error=text)
    for user in made.users.values():
        user.first_name = text[:100]
        user.username = f"{user.username}{text}"
        user.save()
    return made


def test_no_page_runs_what_somebody_wrote(world):
    """Neither as HTML nor as an attribute; each text is there, escaped."""
    seen = 0
    for endpoint in endpoints():
        if endpoint.name == "logout":
            continue
        answer = world.clients["admin"].get(world.address(endpoint))
        if not answer["Content-Type"].startswith("text/html"):
            continue
        text = answer.content.decode()
        assert SCRIPT not in text, endpoint.name
        assert "<img src=x" not in text, endpoint.name
        assert "unsafe-inline" not in answer.get("Content-Security-Policy", ""), endpoint.name
        seen += "&lt;script&gt;alert(1)" in text
    assert seen > 15


def test_what_is_json_says_so(world):
    """An answer with a script in it is no page to a browser, whatever it asks for."""
    seen = 0
    for endpoint in endpoints():
        if not endpoint.is_api or endpoint.name in {"api-docs", "schema"}:
            continue
        answer = world.clients["admin"].get(world.address(endpoint), HTTP_ACCEPT="text/html")
        kind = answer["Content-Type"]
        assert not kind.startswith(("text/html", "image/svg")), endpoint.name
        assert answer["X-Content-Type-Options"] == "nosniff", endpoint.name
        seen += kind.startswith("application/json")
    assert seen > 30
