"""The review workbench as a coder and a reviewer use it, mostly by keyboard."""

import re
import time

import pytest

from tests.browser.conftest import sign_in

pytestmark = [pytest.mark.browser, pytest.mark.worker]

WIDTHS = pytest.mark.parametrize("width", [1280, 390])
SAVED = "#tray li[data-state=saved]"


def open_face(page, stack, pk: int, query: str = "") -> None:
    page.goto(f"{stack.url}/faces/{pk}/{query}")
    page.wait_for_selector("#show-keys")  # the keys are at work


def some_face(stack, number: int = 0) -> dict:
    return stack.call("faces/", user="admin")["results"][number]


def truth_of(stack, pk: int) -> dict:
    return stack.call(f"faces/{pk}/", user="admin")["truth"]


def type_unit(page, number: int) -> None:
    """Type an action unit and end its number at once."""
    page.keyboard.type(str(number))
    if page.evaluate("() => document.getElementById('announce').textContent.endsWith('…')"):
        page.keyboard.press("Space")


def make_queue(page, stack, *people: str, **fields: str) -> str:
    """By the form, as the reviewer who is signed in; answers the queue's address."""
    page.goto(f"{stack.url}/queues/new/")
    page.fill("[name=name]", f"queue {time.time()}")
    page.select_option("[name=order]", fields.get("order", "random"))
    if fields.get("stage") == "coding":
        page.get_by_label("Coding: coders code").check()
    for person in people:
        page.get_by_label(person, exact=True).check()
    if "blind" in fields:
        page.get_by_label("Blind:").check()
    if "gold" in fields:
        page.fill("[name=gold_faces]", fields["gold"])
    if "limit" in fields:
        page.fill("[name=limit]", fields["limit"])
    with page.expect_navigation():
        page.get_by_role("button", name="Make the queue").click()
    assert re.search(r"/queues/\d+/$", page.url), page.inner_text("main")
    return page.url


def begin(page, stage: str = "") -> None:
    with page.expect_navigation():
        page.get_by_role("button", name=re.compile(rf"^(Start|Go on) {stage}")).first.click()
    page.wait_for_selector("#show-keys")


@WIDTHS
def test_a_face_is_coded_wholly_by_keyboard(open_page, stack, width):
    page = open_page(width)
    sign_in(page, stack, "reviewer")
    face = some_face(stack, 1)["id"]
    open_face(page, stack, face)
    if page.is_checked("#au-12"):
        type_unit(page, 12)
    type_unit(page, 12)
    page.keyboard.press("d")  # intensity of the unit just typed
    page.keyboard.press("s")  # surprise
    assert page.is_checked("#au-12")
    assert page.input_value("#intensity-12") == "D"
    page.keyboard.press("Enter")
    page.wait_for_selector(SAVED)
    truth = truth_of(stack, face)
    assert truth["emotion"] == "surprise"
    assert truth["action_units"]["12"] == {"present": True, "intensity": "D", "probability": None}

    page.wait_for_selector(f"input[name=seen][value='{truth['id']}']", state="attached")
    page.keyboard.press("k")
    page.wait_for_function(
        "() => document.querySelector('#tray').innerText.includes('Ground truth kept')"
    )
    page.wait_for_load_state("networkidle")  # the page shows what became of the face
    page.keyboard.press("?")
    page.wait_for_selector("#key-help", state="visible")
    page.keyboard.press("Escape")
    address = page.url
    page.keyboard.press("ArrowRight")
    page.wait_for_url(lambda url: url != address)
    page.wait_for_selector("#show-keys")
    page.keyboard.press("ArrowLeft")
    page.wait_for_url(address)


@WIDTHS
def test_undo_takes_back_changes_first_and_then_what_was_saved(open_page, stack, width):
    page = open_page(width)
    sign_in(page, stack, "reviewer")
    face = some_face(stack, 2)["id"]
    before = truth_of(stack, face)
    open_face(page, stack, face)
    checked = page.is_checked("#au-17")
    type_unit(page, 17)
    assert page.is_checked("#au-17") is not checked
    page.keyboard.press("u")
    assert page.is_checked("#au-17") is checked
    type_unit(page, 17)
    page.keyboard.press("Enter")
    page.wait_for_selector(SAVED)
    now = truth_of(stack, face)["id"]
    assert now != before["id"]
    page.wait_for_selector(f"input[name=seen][value='{now}']", state="attached")
    with page.expect_navigation():
        page.keyboard.press("u")
    assert truth_of(stack, face)["id"] == before["id"]
    assert "undid" in page.inner_text(".history")


@WIDTHS
def test_odd_codings_are_told_and_saved(open_page, stack, width):
    page = open_page(width)
    sign_in(page, stack, "reviewer")
    face = some_face(stack, 3)["id"]
    open_face(page, stack, face)
    for unit in (25, 26, 27):
        if not page.is_checked(f"#au-{unit}"):
            type_unit(page, unit)
    assert page.locator("#anomalies li", has_text="AU26 with AU27").is_visible()
    page.keyboard.press("Enter")
    page.wait_for_selector(SAVED)
    assert "AU26 with AU27" in page.inner_text("#tray")
    assert truth_of(stack, face)["action_units"]["27"]["present"]
    page.keyboard.press("u")


@WIDTHS
def test_two_reviewers_on_one_face_get_a_conflict_and_lose_nothing(open_page, stack, width):
    mine, other = open_page(width), open_page(width, quiet={"409"})
    face = some_face(stack, 4)["id"]
    for page, name in ((mine, "reviewer"), (other, "reviewer2")):
        sign_in(page, stack, name)
        open_face(page, stack, face)
    type_unit(mine, 14)
    mine.keyboard.press("Enter")
    mine.wait_for_selector(SAVED)
    truth = truth_of(stack, face)["id"]

    checked = other.is_checked("#au-15")
    type_unit(other, 15)
    other.keyboard.press("Enter")
    other.wait_for_selector("#tray li[data-state=refused]")
    assert "changed meanwhile by reviewer" in other.inner_text("#tray")
    assert truth_of(stack, face)["id"] == truth  # not overwritten
    with other.expect_navigation():
        other.get_by_role("link", name="Open").click()
    other.wait_for_selector("#show-keys")
    assert other.is_checked("#au-15") is not checked  # the reading is back
    assert "back in the editor" in other.inner_text("#review-form")
    other.keyboard.press("Enter")
    other.wait_for_selector(SAVED)
    assert other.locator("#tray li[data-state=refused]").count() == 0


@WIDTHS
def test_a_failed_save_stays_on_the_screen_and_is_sent_again(open_page, stack, width):
    page = open_page(width, quiet={"ERR_INTERNET_DISCONNECTED"})
    sign_in(page, stack, "reviewer")
    face = some_face(stack, 5)["id"]
    before = truth_of(stack, face)["id"]
    open_face(page, stack, face)
    page.context.set_offline(True)
    type_unit(page, 24)
    page.keyboard.press("Enter")
    page.wait_for_selector("#tray li[data-state=waiting]")
    assert "Not saved yet" in page.inner_text("#tray")
    assert truth_of(stack, face)["id"] == before
    page.context.set_offline(False)
    page.wait_for_selector(SAVED, timeout=40_000)
    assert truth_of(stack, face)["id"] != before


def test_what_was_not_sent_is_sent_by_the_next_page(open_page, stack):
    """The tab was closed with the network down: the coding is kept on this computer."""
    page = open_page(quiet={"ERR_INTERNET_DISCONNECTED"})
    sign_in(page, stack, "reviewer")
    face = some_face(stack, 6)["id"]
    before = truth_of(stack, face)["id"]
    open_face(page, stack, face)
    page.context.set_offline(True)
    type_unit(page, 23)
    page.keyboard.press("Enter")
    page.wait_for_selector("#tray li[data-state=waiting]")
    page.close(run_before_unload=False)
    page.context.set_offline(False)
    again = page.context.new_page()
    open_face(again, stack, some_face(stack, 7)["id"])
    again.wait_for_selector(SAVED)
    assert truth_of(stack, face)["id"] != before


@WIDTHS
def test_flagging_by_keyboard(open_page, stack, width):
    page = open_page(width)
    sign_in(page, stack, "coder")
    open_face(page, stack, some_face(stack, 8)["id"])
    page.keyboard.press("f")
    page.keyboard.type(f"Two people at {width} px")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    note = page.locator(".flag-note", has_text=f"Two people at {width} px")
    assert note.is_visible()
    with page.expect_navigation():
        note.get_by_role("button", name="Resolve").click()
    assert note.count() == 0
    assert "resolved the flag" in page.inner_text(".history")


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
    sign_in(reviewer, stack, "reviewer")
    queue = make_queue(reviewer, stack, "coder2", stage="coding", blind="yes", gold="2", limit="1")
    sign_in(coder, stack, "coder2")
    coder.goto(queue)
    begin(coder)
    for _ in range(3):
        assert coder.locator("[data-model-au]").count() == 0
        assert coder.locator("[data-truth-au]").count() == 0
        assert coder.locator("input[name=au]:checked").count() == 0
        assert "imported a label" not in coder.inner_text("main")
        type_unit(coder, 12)
        coder.keyboard.press("p")
        address = coder.url
        coder.keyboard.press("Enter")
        coder.wait_for_url(lambda url, last=address: url != last)
        coder.wait_for_load_state()
    reviewer.goto(queue)
    assert "How well each coder did" in reviewer.inner_text("main")
    scores = reviewer.locator("section", has=reviewer.locator("#gold-heading"))
    row = scores.locator("tr", has_text="coder2")
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
    boss.fill("#reason", "Both sides, clearly.")
    boss.get_by_role("button", name="Save the accepted coding").click()
    boss.wait_for_url(queue)
    assert truth_of(stack, face)["coder"] == "reviewer2"
    open_face(boss, stack, face)
    story = boss.inner_text(".history")
    for words in ("coded the face", "sent the codings back", "Both sides, clearly.", "adjudicated"):
        assert words in story


@WIDTHS
def test_many_faces_at_once_and_back(open_page, stack, width):
    page = open_page(width)
    sign_in(page, stack, "reviewer")
    page.goto(f"{stack.url}/bulk/?confidence=0.5&agreeing=0")
    heading = page.inner_text("#changes-heading")
    count = int(heading.split()[0])
    assert count
    with page.expect_navigation():
        page.get_by_role("button", name=f"Change {count} ground truth").click()
    assert f"{count} ground truths changed" in page.inner_text("main")
    with page.expect_navigation():
        page.get_by_role("button", name="Undo bulk action").first.click()
    assert f"{count} faces restored" in page.inner_text("main")
    page.goto(f"{stack.url}/bulk/?confidence=0.5&agreeing=0")
    assert page.inner_text("#changes-heading") == heading


@WIDTHS
def test_view_accept_and_correct_without_javascript(open_page, stack, width):
    page = open_page(width, java_script_enabled=False)
    sign_in(page, stack, "reviewer")
    face = some_face(stack, 9)["id"]
    page.goto(f"{stack.url}/faces/{face}/")
    assert page.locator("#face-image").is_visible()
    with page.expect_navigation():
        page.get_by_role("button", name="Keep ground truth").click()
    assert "Ground truth kept" in page.inner_text("main")
    page.check("#au-12")
    page.select_option("#intensity-12", "B")
    with page.expect_navigation():
        page.get_by_role("button", name="Save correction").click()
    assert truth_of(stack, face)["action_units"]["12"]["intensity"] == "B"
    with page.expect_navigation():
        page.get_by_role("button", name="Undo this").first.click()
    assert "Undone" in page.inner_text("main")


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


@WIDTHS
def test_agreement_of_two_coders(open_page, stack, width):
    page = open_page(width)
    sign_in(page, stack, "reviewer")
    page.goto(f"{stack.url}/agreement/")
    page.get_by_label("Coder", exact=True).select_option(label="CK+")
    model = page.locator("#id_second option", has_text="VGG16").first.inner_text()
    page.select_option("#id_second", label=model)
    with page.expect_navigation():
        page.get_by_role("button", name="Show").click()
    assert re.search(r"\d\.\d\d", page.inner_text(".headlines"))
    assert page.locator(".dots svg").first.is_visible()
    assert "near 0" in page.inner_text("main")
    with page.expect_download() as download:
        page.get_by_role("link", name="Download as CSV").click()
    assert "kappa_low" in download.value.path().read_text()


@WIDTHS
def test_workbench_pages_pass_axe_and_fit(open_page, stack, width):
    from axe_playwright_python.sync_playwright import Axe

    page = open_page(width, bypass_csp=True)  # axe is injected as an inline script
    sign_in(page, stack, "reviewer")
    queue = make_queue(
        page, stack, "coder", "reviewer", stage="coding", blind="yes", gold="1", limit="1"
    )
    face = some_face(stack)["id"]
    paths = [
        "/queues/", "/queues/new/", "/people/", queue.removeprefix(stack.url), "/adjudication/",
        f"/faces/{face}/adjudicate/", "/bulk/", "/bulk/?confidence=0.5&agreeing=0",
        "/agreement/",
    ]  # fmt: skip
    for path in paths:
        page.goto(stack.url + path)
        _check(page, Axe, path, width)
    page.goto(queue)
    begin(page)
    _check(page, Axe, "a face of a blind queue", width)
    type_unit(page, 26)
    type_unit(page, 27)
    page.keyboard.press("f")
    _check(page, Axe, "warnings and flag", width)
    page.goto(queue)  # else this reviewer stays blind to its faces
    page.get_by_role("button", name="Close this queue").click()


def _check(page, axe, name: str, width: int) -> None:
    results = axe().run(page)
    assert results.violations_count == 0, f"{name}: {results.generate_report()}"
    wide = page.evaluate("document.documentElement.scrollWidth")
    assert wide <= width, f"{name} is {wide} px wide on a {width} px screen"
