"""Drift, balance and groups: a check from the button to its faces; read without a script."""

import re

import pytest

from tests.browser.conftest import sign_in
from tests.browser.desk import WIDTHS, check_page

pytestmark = [pytest.mark.browser, pytest.mark.worker]
FACES = 22  # of 11 subjects
_FORGET = """
from annotations.models import Coding, Face, FirstLook, Subject
new = Subject.objects.filter(code__startswith="NEW")
for model in (Coding, FirstLook):
    model.objects.filter(face__subject__in=new).delete()
Face.objects.filter(subject__in=new).delete()
new.delete()
"""


@pytest.fixture(scope="module")
def drift_page(stack, demo_faces):
    """The page of a model that has read faces of people whom it didn't learn from."""
    frames = sorted(demo_faces.glob("cohn-kanade-images/*/*/*_00000001.png"))[2 : 2 + FACES]
    for number, frame in enumerate(frames):
        form = {"image": frame, "subject": f"NEW{number // 2:02}"}
        answer = stack.call("faces/", user="coder", form=form)
    stack.wait_for_run(f"inference-runs/{answer['inference_run']}/", seconds=300)
    yield f"{stack.url}/models/{stack.trained['version']}/drift/"
    stack.manage("shell", "-c", _FORGET)


@WIDTHS
def test_a_check_from_the_button_to_its_faces(open_page, stack, drift_page, width):
    page = open_page(width, bypass_csp=True)
    sign_in(page, stack, "reviewer")
    page.goto(drift_page)
    check_page(page, "drift, before", width)
    with page.expect_navigation():
        page.locator("#check-drift").click()
    page.wait_for_selector("#tests-heading", timeout=60_000)  # it loads itself anew meanwhile
    assert "Distance from the training’s middle" in page.inner_text("main")
    page.wait_for_selector(".chart-place svg")
    check_page(page, "drift", width)
    link = page.get_by_role("link", name=re.compile(r"^[0-9]+ new faces"))
    number = int(link.inner_text().split()[0])
    assert number >= FACES  # other tests upload, too
    link.click()
    assert page.locator(".count").inner_text().startswith(f"{number} of ")


def test_without_javascript_a_check_is_tables_and_a_picture(open_page, stack, drift_page):
    wish = {"model": stack.trained["version"]}
    check = stack.call("drift-checks/", user="reviewer", json_body=wish)
    stack.wait_for_run(f"drift-checks/{check['id']}/")
    page = open_page(390, java_script_enabled=False)
    sign_in(page, stack, "coder")
    page.goto(drift_page)
    assert page.locator("#f1-heading ~ .scroll tbody tr").count() >= 15
    assert page.locator(".chart-table tbody tr").count() == 18
    picture = page.locator(".chart-place img").get_attribute("src")
    assert page.request.get(drift_page.partition("?")[0] + picture).ok


@WIDTHS
@pytest.mark.parametrize("name", ["balance", "groups"])
def test_balance_and_groups_are_for_everybody(open_page, stack, name, width):
    page = open_page(width, bypass_csp=True)
    sign_in(page, stack, "coder")
    page.goto(f"{stack.url}/training/{stack.trained['id']}/{name}/")
    check_page(page, name, width)
    bare = open_page(width, java_script_enabled=False)
    sign_in(bare, stack, "coder")
    bare.goto(f"{stack.url}/training/{stack.trained['id']}/{name}/")
    assert bare.locator("main table").first.is_visible()
    assert bare.locator("main tbody tr").count() > 5
