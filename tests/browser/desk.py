"""What tests of the workbench do again and again."""

import re
import time

import pytest
from axe_playwright_python.sync_playwright import Axe

WIDTHS = pytest.mark.parametrize("width", [1280, 390])
SAVED = "#tray li[data-state=saved]"


def open_face(page, stack, pk: int, query: str = "") -> None:
    page.goto(f"{stack.url}/faces/{pk}/{query}")
    page.wait_for_selector("#show-keys")  # the keys are at work


def some_face(stack) -> dict:
    """The first one, for tests that only look at it."""
    return stack.call("faces/", user="admin")["results"][0]


def own_face(stack, *coders: str) -> int:
    """One that no other test is given, and that these people haven't coded in a queue either."""
    for pk in [*stack.unused]:
        coded = stack.call(f"faces/{pk}/codings/", user="admin")["results"]
        if not {coding["coder"] for coding in coded} & set(coders):
            stack.unused.remove(pk)
            return pk
    raise AssertionError("every face is used; the stack needs more of them")


def truth_of(stack, pk: int) -> dict:
    return stack.call(f"faces/{pk}/", user="admin")["truth"]


def type_unit(page, number: int) -> None:
    """Type an action unit and end its number at once."""
    page.keyboard.type(str(number))
    if page.evaluate("() => document.getElementById('announce').textContent.endsWith('…')"):
        page.keyboard.press("Space")


def mark_unit(page, number: int, mark: str) -> None:
    """Type the unit until it is "present", "absent" or "" (not coded)."""
    for _ in range(3):
        if mark_of(page, number) == mark:
            return
        type_unit(page, number)
    assert mark_of(page, number) == mark


def mark_of(page, number: int) -> str:
    if page.is_checked(f"#au-{number}"):
        return "present"
    return "absent" if page.is_checked(f"#absent-{number}") else ""


def decide_ties(page) -> None:
    """On the adjudication page: what is tied is negative, and present.

    A queue draws its faces from those that other tests have coded, too.
    """
    if page.locator("[data-tie=emotion]").count():
        page.check("#emotion-negative")
    for row in page.locator("tr.unit[data-tie]").all():
        page.check(f"#au-{row.get_attribute('data-au')}")
    assert page.locator(".mark-tie:visible").count() == 0


def make_queue(page, stack, *people: str, **fields: str) -> str:
    """By the form, as the reviewer who is signed in; answers the queue's address."""
    page.goto(f"{stack.url}/queues/new/")
    page.fill("[name=name]", f"queue {time.time()}")
    page.select_option("[name=order]", fields.get("order", "random"))
    if fields.get("stage") == "coding":
        page.get_by_label("Coding: coders code").check()
    codes = fields.get("stage") == "coding"
    for person in people:
        for legend in ("Who codes", "Who validates", "Who accepts") if codes else ("Who accepts",):
            box = page.get_by_role("group", name=legend).get_by_label(person, exact=True)
            if box.count():  # the role allows it
                box.check()
    if "blind" in fields:
        page.get_by_label("Blind:").check()
    if "gold" in fields:
        page.fill("[name=gold_faces]", fields["gold"])
    if "limit" in fields:
        page.fill("[name=limit]", fields["limit"])
    with page.expect_navigation():
        page.get_by_role("button", name="Create the queue").click()
    assert re.search(r"/queues/\d+/$", page.url), page.inner_text("main")
    return page.url


def begin(page, stage: str = "") -> None:
    with page.expect_navigation():
        page.get_by_role("button", name=re.compile(rf"^(Start|Go on) {stage}")).first.click()
    page.wait_for_selector("#show-keys")


def check_page(page, name: str, width: int) -> None:
    """No violation that axe finds, and nothing that makes the page wider than the screen.

    The page's context must bypass the CSP: axe is injected as an inline script.
    """
    page.wait_for_load_state()
    results = Axe().run(page)
    assert results.violations_count == 0, f"{name}: {results.generate_report()}"
    wide = page.evaluate("document.documentElement.scrollWidth")
    assert wide <= width, f"{name} is {wide} px wide on a {width} px screen"
