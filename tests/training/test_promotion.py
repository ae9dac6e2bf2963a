"""The gate: what would fall must be confirmed; pages and the API obey the same one."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import transaction
from django.utils import timezone

from annotations.models import Coder
from facsweb.problems import Forbidden
from inference import registry
from inference.models import AliasMove, ModelAlias
from inference.registry import InvalidReason, champion, roll_back
from tests.factories import make_coding, make_face, make_version, metrics
from tests.training.comparing import (
    compared,
    good_figures,
    outdate,
    three_versions,
)
from training.ml.metrics import Metrics
from training.models import Comparison
from training.promotion import (
    FRESH,
    ComparisonNeeded,
    GuardedMetricFalls,
    crown_first,
    gate_of,
    promote,
    way_back,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def three():
    return three_versions()


def test_no_promotion_before_a_comparison(three, boss):
    old, worse, same = three
    with pytest.raises(ComparisonNeeded) as refused:
        promote(same, boss, "As good.", accept_falls=True)
    assert f'{{"coders": [{old.coder_id}, {same.coder_id}]}}' in refused.value.detail
    compared(same.coder, old.coder)  # the other way round is another comparison
    compared(old.coder, same.coder, worse.coder)
    with pytest.raises(ComparisonNeeded):
        promote(same, boss, "As good.")
    shown = compared(old.coder, same.coder)
    promote(same, boss, "As good.")
    assert champion() == same
    move = AliasMove.objects.first()
    assert move.evidence == {
        "comparison": shown.pk,
        "faces": 30,
        "preprocessing_versions": [None, None],
        "falls_accepted": [],
    }


def test_a_fall_must_be_confirmed_and_is_on_record(three, boss):
    old, worse, _ = three
    compared(old.coder, worse.coder)
    with pytest.raises(GuardedMetricFalls) as refused:
        promote(worse, boss, "Cheaper.")
    named = refused.value.fields["accept_falls"]
    assert named[0].startswith("Emotion macro F1 falls from 1.00 to 0.")
    assert champion() == old
    with pytest.raises(InvalidReason):
        promote(worse, boss, " ", accept_falls=True)
    promote(worse, boss, "Cheaper.", accept_falls=True)
    assert champion() == worse
    kept = AliasMove.objects.first().evidence["falls_accepted"]
    assert [fall["words"] for fall in kept] == named
    assert roll_back(boss) == old, "back needs no gate"
    assert AliasMove.objects.first().evidence == {}


def test_what_falls_by_going_back_is_told_and_asks_nothing(three, boss, as_user):
    old, worse, same = three
    compared(old.coder, same.coder)
    promote(same, boss, "As good.")
    compared(same.coder, worse.coder)
    promote(worse, boss, "Cheaper.", accept_falls=True)
    better = way_back()
    assert (better.former, better.falls) == (same, ())
    registry.promote(same, boss, "Better.")
    back = way_back()
    assert back.former == worse
    assert back.falls[0].words.startswith("Emotion macro F1 falls from 1.00 to 0.")
    client = as_user(boss)
    page = client.get("/models/").content.decode()
    assert back.falls[0].words in page
    client.post("/models/roll-back/")
    assert champion() == worse
    page = client.get("/models/").content.decode()
    assert "going back, no guarded figure is shown to fall" in page


def test_old_comparisons_serve_until_labels_change(three, boss):
    old, _, same = three
    compared(old.coder, same.coder)
    Comparison.objects.update(finished_at=timezone.now() - FRESH - timedelta(minutes=1))
    assert not gate_of(same).needs_comparison
    make_coding(make_face())
    gate = gate_of(same)
    assert (gate.has_changed, gate.is_stale) == (True, True)
    with pytest.raises(ComparisonNeeded, match="have changed since"):
        promote(same, boss, "As good.")
    Comparison.objects.update(finished_at=timezone.now())
    gate = gate_of(same)
    assert (gate.has_changed, gate.is_stale) == (True, False)
    promote(same, boss, "As good.")


def test_what_cannot_be_compared_can_be_confirmed(three, boss):
    old, *_ = three
    unread = make_version("VGG16-unread")
    compared(old.coder, unread.coder)
    with pytest.raises(GuardedMetricFalls, match="No labelled face was read by both"):
        promote(unread, boss, "We know it from elsewhere.")
    promote(unread, boss, "We know it from elsewhere.", accept_falls=True)
    assert champion() == unread


def test_only_an_admin_promotes(three, ben):
    with pytest.raises(Forbidden):
        promote(three[2], ben, "As good.")


def test_where_there_is_no_champion_nothing_is_in_the_way(boss):
    first = make_version("VGG16-first")
    promote(first, boss, "The only one.")
    assert champion() == first


def test_a_training_crowns_a_first_model_that_beats_constants_only():
    first, second = make_version("VGG16-poor"), make_version("VGG16-good")
    Coder.objects.update(is_default=False)
    with transaction.atomic():
        crown_first(first, Metrics.from_json(metrics()))  # without intervals
    assert champion() is None
    with transaction.atomic():
        crown_first(second, good_figures())
        crown_first(first, good_figures())
    assert champion() == second
    (move,) = AliasMove.objects.filter(alias=ModelAlias.Name.CHAMPION)
    assert "it beats constant answers: emotion macro F1 0.90 (0.80 to 0.95) against" in move.reason
    outdate(second)
    with transaction.atomic():
        crown_first(first, good_figures())
    assert champion() == first
    assert registry.former_champion_move().reason.startswith("VGG16-good can’t read pictures any")


def test_api_obeys_the_gate(three, boss, ben, ada, client_of):
    old, worse, _ = three
    address = f"/api/v1/models/{worse.pk}/promote/"
    client = client_of(boss)
    assert client_of(ben).post(address, {"reason": "x"}, format="json").status_code == 403
    refused = client.post(address, {"reason": "Cheaper."}, format="json")
    assert (refused.status_code, refused.json()["code"]) == (409, "comparison_needed")
    compared(old.coder, worse.coder)
    refused = client.post(address, {"reason": "Cheaper."}, format="json")
    assert (refused.status_code, refused.json()["code"]) == (409, "guarded_metric_falls")
    assert "Emotion macro F1 falls" in refused.json()["fields"]["accept_falls"][0]
    given = {"reason": "Cheaper.", "accept_falls": True}
    answer = client.post(address, given, format="json")
    assert (answer.status_code, answer.json()["aliases"]) == (200, ["champion"])
    (last, *_) = client_of(ada).get("/api/v1/alias-moves/").json()["results"]
    assert last["evidence"]["falls_accepted"][0]["name"] == "emotion_macro_f1"


def test_pages_compare_then_ask_again_then_go_back(three, boss, as_user):
    old, worse, _ = three
    client, address = as_user(boss), f"/models/{worse.pk}/promote/"
    page = client.get(address).content.decode()
    assert "First, compare it with the champion" in page
    assert "Make it the champion" not in page
    refused = client.post(address, {"reason": "Cheaper."})
    assert (refused.status_code, "nobody knows" in refused.content.decode()) == (409, True)
    assert client.post(f"/models/{worse.pk}/compare/")["Location"] == address
    assert "every 1s" in client.get(address).content.decode()
    Comparison.objects.all().delete()
    compared(old.coder, worse.coder)
    page = client.get(address).content.decode()
    assert "guarded figures fall" in page
    assert "I have read this" in page
    refused = client.post(address, {"reason": "Cheaper."})
    assert (refused.status_code, champion()) == (409, old)
    client.post(address, {"reason": "Cheaper <b>too</b>.", "accept_falls": "on"})
    assert champion() == worse
    page = client.get("/models/").content.decode()
    assert "Cheaper &lt;b&gt;too&lt;/b&gt;." in page
    client.post("/models/roll-back/")
    assert champion() == old


def test_others_find_no_promotion(three, ada, ben, as_user):
    worse = three[1]
    for user in (ada, ben):
        for address in (f"/models/{worse.pk}/promote/", f"/models/{worse.pk}/compare/"):
            assert as_user(user).post(address, {"reason": "x"}).status_code == 404
