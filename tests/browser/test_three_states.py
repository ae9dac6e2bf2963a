"""Present, absent, not coded; what the editor does with what nobody touched; ties."""

import re

import pytest

from tests.browser.conftest import sign_in
from tests.browser.desk import (
    SAVED,
    WIDTHS,
    begin,
    check_page,
    make_queue,
    mark_of,
    mark_unit,
    open_face,
    own_face,
    truth_of,
    type_unit,
)

pytestmark = [pytest.mark.browser, pytest.mark.worker]

NOTHING = "Nothing coded yet. Press 0 if no action unit is there."


def state(page, au: int) -> str:
    return page.inner_text(f"tr[data-au='{au}'] .state")


@WIDTHS
def test_a_number_and_the_pointer_go_through_three_states(open_page, stack, width):
    page = open_page(width)
    sign_in(page, stack, "coder")
    open_face(page, stack, own_face(stack, "coder"))
    assert page.locator("input[name=au]:checked, input[name=absent]:checked").count() == 0
    for mark, said in (("present", "present"), ("absent", "absent"), ("", "not coded")):
        type_unit(page, 12)
        assert (mark_of(page, 12), state(page, 12)) == (mark, said)
    assert not page.is_visible("#intensity-12")
    page.click("#au-12")
    page.select_option("#intensity-12", "C")
    assert state(page, 12) == "present C"
    page.click("#absent-12")
    assert (mark_of(page, 12), page.input_value("#intensity-12")) == ("absent", "")
    page.click("#absent-12")
    assert mark_of(page, 12) == ""
    page.focus("#au-4")
    page.keyboard.press("b")
    assert state(page, 4) == "present B"
    assert "To save: AU4 present B." in page.inner_text("#changes")


@WIDTHS
def test_a_letter_is_about_the_row_in_focus_though_a_press_never_ended(open_page, stack, width):
    """A native list takes the end of the press that opened it."""
    page = open_page(width)
    sign_in(page, stack, "coder")
    open_face(page, stack, own_face(stack, "coder"))
    type_unit(page, 12)
    page.dispatch_event("#intensity-12", "pointerdown", {"bubbles": True})
    page.focus("#au-4")
    page.keyboard.press("b")
    assert (state(page, 4), state(page, 12)) == ("present B", "present")


@WIDTHS
def test_zero_says_that_no_unit_is_there_and_takes_it_back(open_page, stack, width):
    page = open_page(width)
    sign_in(page, stack, "coder")
    open_face(page, stack, own_face(stack, "coder"))
    page.keyboard.press("0")
    assert page.is_checked("#no-unit")
    assert page.locator("input[name=absent]:checked").count() == 15
    type_unit(page, 6)  # absent, so now not coded
    assert not page.is_checked("#no-unit")
    page.keyboard.press("0")
    page.keyboard.press("0")
    assert page.locator("input[name=absent]:checked").count() == 0


@WIDTHS
def test_the_rest_is_absent_is_remembered(open_page, stack, width):
    page = open_page(width)
    sign_in(page, stack, "reviewer2")
    queue = make_queue(page, stack, "reviewer", "reviewer2", stage="coding", limit="2")
    begin(page, "coding")
    assert "What you don't touch is not coded." in page.inner_text(".rest")
    with page.expect_response("**/coding/rest/") as answer:
        page.keyboard.press("t")
    assert answer.value.ok
    assert "What you don't touch is stored as absent." in page.inner_text(".rest")
    assert state(page, 1) == "absent"
    page.reload()
    page.wait_for_selector("#show-keys")
    assert page.is_checked("#rest-absent")
    assert mark_of(page, 1) == ""
    page.keyboard.press("Enter")  # nobody touched a thing: no coding, an agreement
    page.wait_for_selector(SAVED)
    assert "You agree with the ground truth" in page.inner_text("#tray")
    page.wait_for_selector("#show-keys")
    assert page.is_checked("#rest-absent")
    with page.expect_response("**/coding/rest/"):
        page.uncheck("#rest-absent")
    page.goto(queue)
    begin(page, "coding")
    assert not page.is_checked("#rest-absent")


@WIDTHS
def test_nothing_coded_is_refused_at_once_where_there_is_nothing_to_agree_with(
    open_page, stack, width
):
    page = open_page(width, bypass_csp=True)
    sign_in(page, stack, "reviewer")
    people = "reviewer", "reviewer2"
    queue = make_queue(page, stack, *people, stage="coding", blind="yes", limit="1")
    begin(page, "coding")
    sent = []
    page.on("request", lambda request: sent.append(request.url))
    page.keyboard.press("Enter")
    assert page.inner_text("#changes") == NOTHING
    page.keyboard.press("o")  # none of these: still nothing
    page.keyboard.press("Control+s")
    assert page.inner_text("#changes") == NOTHING
    assert not [url for url in sent if "/review/" in url]
    check_page(page, "a refused save", width)
    page.keyboard.press("0")
    page.keyboard.press("Enter")
    page.wait_for_url(queue)
    page.get_by_role("button", name="Close this queue").click()


@WIDTHS
def test_an_untouched_save_agrees_and_is_undone(open_page, stack, width):
    page = open_page(width)
    sign_in(page, stack, "coder2")
    face = own_face(stack, "coder2")
    before = truth_of(stack, face)["id"]
    open_face(page, stack, face)
    assert "saving says that you agree" in page.inner_text("#changes")
    page.keyboard.press("Enter")
    page.wait_for_selector(SAVED)
    assert "You agree with the ground truth" in page.inner_text("#tray")
    page.locator(".history", has_text="agreed with the ground truth").wait_for()
    with page.expect_navigation():
        page.keyboard.press("u")
    assert "undid: “agreed with the ground truth”" in page.inner_text(".history")
    assert truth_of(stack, face)["id"] == before


@WIDTHS
def test_a_reviewer_who_changes_nothing_keeps_the_truth(open_page, stack, width):
    page = open_page(width)
    sign_in(page, stack, "reviewer")
    face = own_face(stack)
    before = truth_of(stack, face)["id"]
    open_face(page, stack, face)
    page.keyboard.press("Enter")
    page.wait_for_selector(SAVED)
    assert "Ground truth kept" in page.inner_text("#tray")
    assert truth_of(stack, face)["id"] == before


@WIDTHS
def test_a_tie_has_the_focus_and_is_decided_before_it_is_saved(open_page, stack, width):
    face = own_face(stack, "coder", "coder2", "reviewer", "reviewer2")
    for name, emotion, mark in (("coder", "p", "present"), ("coder2", "s", "absent")):
        page = open_page(width)
        sign_in(page, stack, name)
        open_face(page, stack, face)
        mark_unit(page, 2, mark)
        mark_unit(page, 7, "absent")
        page.keyboard.press(emotion)
        page.keyboard.press("Enter")
        page.wait_for_selector(SAVED)
    page = open_page(width, bypass_csp=True)
    sign_in(page, stack, "reviewer")
    page.goto(f"{stack.url}/faces/{face}/adjudicate/")
    page.wait_for_selector("#show-keys")
    assert page.evaluate("document.activeElement.id") == "emotion-negative"
    assert "Preset by the majority of: coder, coder2." in page.inner_text(".who-counts")
    assert page.locator("input[name=emotion]:checked").count() == 0
    assert (mark_of(page, 2), mark_of(page, 7)) == ("", "absent")
    assert page.locator(".mark-tie:visible").count() == 2
    check_page(page, "ties", width)
    page.fill("#reason", "Both were asked.")
    page.locator("h1").click()
    page.keyboard.press("Control+s")
    assert "you haven't decided yet: the emotion, AU2." in page.inner_text("#changes")
    assert page.evaluate("document.activeElement.id") == "emotion-negative"
    page.keyboard.press("s")
    page.keyboard.press("Enter")
    assert "you haven't decided yet: AU2." in page.inner_text("#changes")
    assert page.evaluate("document.activeElement.id") == "au-2"
    mark_unit(page, 2, "absent")
    assert page.locator(".mark-tie:visible").count() == 0
    page.keyboard.press("Enter")
    page.wait_for_selector(SAVED)
    truth = truth_of(stack, face)
    assert (truth["coder"], truth["emotion"]) == ("reviewer", "surprise")
    assert truth["action_units"]["2"]["present"] is False


@WIDTHS
def test_without_javascript_the_same_form_has_three_states(open_page, stack, width):
    page = open_page(width, quiet={"400"}, java_script_enabled=False)
    sign_in(page, stack, "coder")
    face = own_face(stack, "coder")
    page.goto(f"{stack.url}/faces/{face}/")
    page.check("#au-12")
    page.select_option("#intensity-12", "B")
    page.check("#absent-4")
    with page.expect_navigation():
        page.get_by_role("button", name="Save my coding").click()
    said = stack.call(f"faces/{face}/codings/", user="admin")["results"][0]
    assert {au: unit["present"] for au, unit in said["action_units"].items()} == {
        "4": False, "12": True,
    }  # fmt: skip
    page.check("#absent-12")
    with page.expect_navigation():
        page.get_by_role("button", name="Save my coding").click()
    assert re.search("AU12: marked both present and absent", page.inner_text("main"))
