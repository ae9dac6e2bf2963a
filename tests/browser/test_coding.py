"""Coding a face by keyboard: saving, conflicts, undo, flags."""

import pytest

from tests.browser.conftest import sign_in
from tests.browser.desk import (
    SAVED,
    WIDTHS,
    mark_of,
    mark_unit,
    open_face,
    own_face,
    some_face,
    truth_of,
    type_unit,
)

pytestmark = [pytest.mark.browser, pytest.mark.worker]


@WIDTHS
def test_a_face_is_coded_wholly_by_keyboard(open_page, stack, width):
    page = open_page(width)
    sign_in(page, stack, "reviewer")
    face = own_face(stack)
    open_face(page, stack, face)
    mark_unit(page, 12, "absent")
    mark_unit(page, 12, "present")
    page.keyboard.press("d")  # intensity of the unit just typed
    page.keyboard.press("s")  # surprise
    assert page.is_checked("#au-12")
    assert page.input_value("#intensity-12") == "D"
    page.keyboard.press("Enter")
    page.wait_for_selector(SAVED)
    truth = truth_of(stack, face)
    assert truth["emotion"] == "surprise"
    unit = truth["action_units"]["12"]
    assert (unit["present"], unit["intensity"]) == (True, "D")

    page.wait_for_selector(f"input[name=seen][value='{truth['id']}']", state="attached")
    page.keyboard.press("k")
    page.wait_for_function(
        "() => document.querySelector('#tray').innerText.includes('Ground truth kept')"
    )
    page.wait_for_load_state("networkidle")  # the page shows what became of the face
    page.keyboard.press("?")
    page.wait_for_selector("#key-help", state="visible")
    assert page.evaluate("document.querySelector('#key-help').scrollTop") == 0
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
    face = own_face(stack)
    before = truth_of(stack, face)
    open_face(page, stack, face)
    mark = mark_of(page, 17)
    type_unit(page, 17)
    assert mark_of(page, 17) != mark
    page.keyboard.press("u")
    assert mark_of(page, 17) == mark
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
    face = own_face(stack)
    open_face(page, stack, face)
    for unit in (25, 26, 27):
        mark_unit(page, unit, "present")
    assert page.locator("#anomalies li", has_text="AU26 with AU27").is_visible()
    page.keyboard.press("Enter")
    page.wait_for_selector(SAVED)
    assert "AU26 with AU27" in page.inner_text("#tray")
    assert truth_of(stack, face)["action_units"]["27"]["present"]
    page.keyboard.press("u")


@WIDTHS
def test_two_reviewers_on_one_face_get_a_conflict_and_lose_nothing(open_page, stack, width):
    mine, other = open_page(width), open_page(width, quiet={"409"})
    face = own_face(stack)
    for page, name in ((mine, "reviewer"), (other, "reviewer2")):
        sign_in(page, stack, name)
        open_face(page, stack, face)
    type_unit(mine, 14)
    mine.keyboard.press("Enter")
    mine.wait_for_selector(SAVED)
    truth = truth_of(stack, face)["id"]

    type_unit(other, 15)
    mark = mark_of(other, 15)
    other.keyboard.press("Enter")
    other.wait_for_selector("#tray li[data-state=refused]")
    assert "changed meanwhile by reviewer" in other.inner_text("#tray")
    assert truth_of(stack, face)["id"] == truth  # not overwritten
    with other.expect_navigation():
        other.get_by_role("link", name="Open").click()
    other.wait_for_selector("#show-keys")
    assert mark_of(other, 15) == mark  # the reading is back
    assert "back in the editor" in other.inner_text("#review-form")
    other.keyboard.press("Enter")
    other.wait_for_selector(SAVED)
    assert other.locator("#tray li[data-state=refused]").count() == 0


@WIDTHS
def test_a_failed_save_stays_on_the_screen_and_is_sent_again(open_page, stack, width):
    page = open_page(width, quiet={"ERR_INTERNET_DISCONNECTED"})
    sign_in(page, stack, "reviewer")
    face = own_face(stack)
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
    face = own_face(stack)
    before = truth_of(stack, face)["id"]
    open_face(page, stack, face)
    page.context.set_offline(True)
    type_unit(page, 23)
    page.keyboard.press("Enter")
    page.wait_for_selector("#tray li[data-state=waiting]")
    page.close(run_before_unload=False)
    page.context.set_offline(False)
    again = page.context.new_page()
    open_face(again, stack, some_face(stack)["id"])
    again.wait_for_selector(SAVED)
    assert truth_of(stack, face)["id"] != before


@WIDTHS
def test_flagging_by_keyboard(open_page, stack, width):
    page = open_page(width)
    sign_in(page, stack, "coder")
    open_face(page, stack, own_face(stack))
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
