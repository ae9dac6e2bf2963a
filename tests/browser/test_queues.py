"""Working through queues: orders, blind coding, gold faces, stages."""

import re

import pytest

from tests.browser.conftest import sign_in
from tests.browser.desk import (
    WIDTHS,
    begin,
    check_page,
    decide_ties,
    make_queue,
    open_face,
    truth_of,
    type_unit,
)

pytestmark = [pytest.mark.browser, pytest.mark.worker]


@WIDTHS
def test_a_queue_is_worked_through_by_keyboard(open_page, stack, width):
    page = open_page(width)
    sign_in(page, stack, "reviewer")
    make_queue(page, stack, limit="5")
    begin(page)
    assert "Drawn at random" in page.inner_text(".why")
    seen = []
    for number in range(4):
        seen.append(page.url)
        address = page.url
        page.keyboard.press("x" if number == 0 else "k")
        page.wait_for_url(lambda url, last=address: url != last)
        page.wait_for_selector("#show-keys")
        page.wait_for_function("() => document.querySelector('.tray li[data-state=saved]')")
    assert len(set(seen)) == 4
    page.wait_for_function(
        "() => /^3 of 5 faces/.test(document.querySelector('[data-progress]').textContent)"
    )
    seen.append(page.url)
    page.keyboard.press("k")
    page.wait_for_url(seen[0])  # what was skipped comes last
    page.wait_for_selector("#show-keys")
    page.keyboard.press("ArrowLeft")
    page.wait_for_url(seen[-1])  # back, and
    page.wait_for_selector("#show-keys")
    page.go_forward()
    page.wait_for_url(seen[0])
    page.wait_for_selector("#show-keys")
    page.keyboard.press("k")
    page.wait_for_url(re.compile(r"/queues/\d+/$"))
    assert "5 of 5 faces" in page.inner_text("main")


@WIDTHS
def test_blind_coding_and_gold_faces(open_page, stack, width):
    reviewer, coder = open_page(width), open_page(width)
    who = "coder3" if width == 1280 else "coder4"  # who has seen no face yet
    sign_in(reviewer, stack, "reviewer")
    queue = make_queue(reviewer, stack, who, stage="coding", blind="yes", gold="2", limit="1")
    sign_in(coder, stack, who)
    coder.goto(queue)
    begin(coder)
    for _ in range(3):
        assert coder.locator("[data-model-au]").count() == 0
        assert coder.locator("[data-truth-au]").count() == 0
        assert coder.locator("input[name=au]:checked, input[name=absent]:checked").count() == 0
        assert "imported a label" not in coder.inner_text("main")
        type_unit(coder, 12)
        coder.keyboard.press("p")
        address = coder.url
        coder.keyboard.press("Enter")
        coder.wait_for_url(lambda url, last=address: url != last)
        coder.wait_for_load_state()
    reviewer.goto(queue)
    assert "results on the gold faces" in reviewer.inner_text("main")
    scores = reviewer.locator("section", has=reviewer.locator("#gold-heading"))
    row = scores.locator("tr", has_text=who)
    assert row.locator("td").first.inner_text() == "2"
    assert re.search(r"\d\.\d\d", row.inner_text())


@WIDTHS
def test_coding_validation_and_acceptance(open_page, stack, width):
    coder, validator, boss = open_page(width), open_page(width), open_page(width)
    sign_in(validator, stack, "reviewer")
    queue = make_queue(
        validator, stack, "coder", "reviewer", "reviewer2", stage="coding", limit="1"
    )
    sign_in(coder, stack, "coder")
    coder.goto(queue)
    begin(coder, "coding")
    type_unit(coder, 14)
    coder.keyboard.press("Enter")
    coder.wait_for_url(queue)

    validator.goto(queue)
    begin(validator, "validation")
    assert "coder" in validator.inner_text(".sides thead")
    validator.fill("#reason", "Is AU14 on both sides?")
    validator.get_by_role("button", name="Send back to the coders").click()
    validator.wait_for_url(queue)

    coder.goto(queue)
    begin(coder, "coding")
    assert "Sent back to you: Is AU14 on both sides?" in coder.inner_text(".work")
    coder.keyboard.press("Enter")
    coder.wait_for_url(queue)
    validator.goto(queue)
    begin(validator, "validation")
    validator.get_by_role("button", name="Pass on to acceptance").click()
    validator.wait_for_url(queue)

    sign_in(boss, stack, "reviewer2")
    boss.goto(queue)
    begin(boss, "acceptance")
    face = int(re.search(r"/faces/(\d+)/", boss.url)[1])
    decide_ties(boss)
    boss.fill("#reason", "Both sides, clearly.")
    boss.get_by_role("button", name="Save the accepted coding").click()
    boss.wait_for_url(queue)
    assert truth_of(stack, face)["coder"] == "reviewer2"
    open_face(boss, stack, face)
    story = boss.inner_text(".history")
    for words in ("coded the face", "sent the codings back", "Both sides, clearly.", "adjudicated"):
        assert words in story


@WIDTHS
def test_every_order_tells_why_a_face_is_there(open_page, stack, width):
    page = open_page(width)
    sign_in(page, stack, "reviewer")
    reasons = {
        "disagreement": r"Truth says .+, the model says .+ with \d+ %",
        "uncertainty": r"The model is (torn|unsure)",
        "label_errors": r"(labelled|Labelled) .+ the model",
        "rarest_au": r"AU\d+ is present: \d+ of \d+ faces show it",
        "least_coded": r"Coded by",
    }
    for order, reason in reasons.items():
        make_queue(page, stack, order=order, limit="3")
        begin(page)
        assert re.search(reason, page.inner_text(".why")), (order, page.inner_text(".why"))


#: One that a worker is making, and one that couldn't be made.
_MAKINGS = """
from django.contrib.auth.models import User
from django.db.models.functions import Now
from annotations.models import QueueMaking
from annotations.queues.plans import QueuePlan
def make(name, **fields):
    run = QueueMaking.objects.create(
        plan=QueuePlan(name, "random").to_json(),
        requested_by=User.objects.get(username="reviewer"), **fields,
    )
    QueueMaking.objects.filter(pk=run.pk).update(heartbeat_at=Now())
    return run
make("Large", status="running", stage="reading codings", done=40, total=100, eta_seconds=12)
failed = make("Taken", status="failed", error="There is a queue called “Taken” already.")
QueueMaking.objects.filter(pk=failed.pk).update(finished_at=Now())
"""


@WIDTHS
def test_a_queue_that_is_being_made_is_cancelled_by_keyboard(open_page, stack, width):
    page = open_page(width, bypass_csp=True)
    sign_in(page, stack, "reviewer")
    stack.manage("shell", "-v0", "-c", _MAKINGS)
    try:
        page.goto(f"{stack.url}/queues/")
        check_page(page, "queues that are being made", width)
        told = page.inner_text("#makings")
        assert "reading codings" in told and "about 12 s left" in told
        assert "There is a queue called “Taken” already." in told
        button = page.get_by_role("button", name="Cancel making “Large”")
        button.focus()
        page.evaluate("() => document.querySelector('#makings').classList.add('before')")
        page.wait_for_selector("#makings:not(.before)")
        assert button.evaluate("it => it === document.activeElement"), "it was drawn anew"
        page.keyboard.press("Enter")
        page.wait_for_selector("text=“Large” won’t be made.")
        assert "cancelling…" in page.inner_text("#makings")
        assert button.count() == 0
    finally:
        forget = "from annotations.models import QueueMaking; QueueMaking.objects.all().delete()"
        stack.manage("shell", "-v0", "-c", forget)
