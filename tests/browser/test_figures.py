"""From a number to its faces, and from there to a queue of them."""

import re

import pytest

from tests.browser.conftest import sign_in
from tests.browser.desk import WIDTHS, check_page

pytestmark = [pytest.mark.browser, pytest.mark.worker]


@WIDTHS
def test_from_a_cell_to_its_faces_to_a_queue_of_them(open_page, stack, width):
    page = open_page(width, bypass_csp=True)
    sign_in(page, stack, "reviewer")
    page.goto(f"{stack.url}/training/{stack.trained['id']}/dashboard/")
    cell = page.locator(".heat td.right a").first
    count = int(re.match(r"\d+", cell.inner_text())[0])
    assert count
    cell.click()
    assert page.locator(".count").inner_text().startswith(f"{count} of ")
    check_page(page, "chosen faces", width)
    page.locator("#queue-these").click()
    assert f"{count} faces that you chose" in page.inner_text("main")
    check_page(page, "new queue of chosen faces", width)
    page.get_by_label("Name").fill(f"Right at {width}")
    page.get_by_role("button", name="Create the queue").click()
    assert f"{count} faces." in page.inner_text("main")


@WIDTHS
def test_every_figure_and_the_faces_of_a_units_outcome(open_page, stack, width):
    page = open_page(width, bypass_csp=True)
    sign_in(page, stack, "coder")
    page.goto(f"{stack.url}/training/{stack.trained['id']}/dashboard/")
    page.get_by_role("link", name="best first").click()
    page.wait_for_url("**/dashboard/?*sort=*")  # axe can't run on a page that is on its way
    check_page(page, "dashboard, best units first", width)
    page.get_by_role("link", name="Every figure").click()
    page.wait_for_url("**/figures/**")
    check_page(page, "every figure", width)
    outcome = page.locator(".outcomes a").first
    count = int(outcome.inner_text())
    outcome.click()
    assert page.locator(".count").inner_text().startswith(f"{count} of ")
