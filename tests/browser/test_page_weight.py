"""Pages stay light, pictures wait until they are wanted, and the next face is there when turned to.

Bytes are what chromium received, so each limit holds on any machine; `tests.benchmarks.page_weight`
measures how long that takes.
"""

import json

import pytest

from tests.browser.conftest import sign_in
from tests.browser.desk import open_face
from tests.page_weight import Scales
from tests.stack import PASSWORD

pytestmark = [pytest.mark.browser, pytest.mark.worker]

#: Bytes, headers included, with nothing kept from before.
GALLERY, FACE_WITHOUT_PICTURE = 300_000, 150_000
SCREENS = pytest.mark.parametrize(("width", "dots"), [(1280, 1), (1280, 2), (390, 1), (390, 3)])
_TURNER = """
from django.contrib.auth.models import Group, User
made = User.objects.create_user("turner", password={password!r})
made.groups.add(Group.objects.get(name="reviewer"))
"""
_ACTS = """
import json
from facsweb.audit.models import AuditEntry, WaitingEntry
found = []
for kind in (AuditEntry, WaitingEntry):
    rows = kind.objects.filter(about="face", about_id={face}, actor_name="turner")
    found += rows.order_by("pk").values_list("action", flat=True)
print(json.dumps(found))
"""


def weighed(page):
    scales = Scales(page)
    page.wait_for_load_state("networkidle")
    return scales


def acts(stack, face: int) -> list[str]:
    """What the audit says of a face and of who turned to it, in order."""
    return json.loads(stack.manage("shell", "-v0", "-c", _ACTS.format(face=face)))


@SCREENS
def test_a_full_page_of_the_gallery_weighs_little(open_page, stack, width, dots):
    page = open_page(width, device_scale_factor=dots)
    scales = weighed(page)
    sign_in(page, stack, "reviewer")
    page.goto(stack.url)
    assert page.locator("a.face-card").count() == 48
    for image in page.locator(".face-card img").all():  # each waits to be seen
        image.scroll_into_view_if_needed()
    page.wait_for_function(
        "() => [...document.querySelectorAll('.face-card img')].every((each) => each.naturalWidth)"
    )
    assert 0 < scales.weight.bytes.total() < GALLERY, scales.weight.bytes
    sides = {
        url.rstrip("/").rpartition("/")[2] for url in scales.weight.requests if "thumbn" in url
    }
    assert sides == {"240" if dots == 1 else "480"}


def test_pictures_below_the_screen_wait_and_nothing_jumps(open_page, stack):
    page = open_page(390)
    scales = weighed(page)
    sign_in(page, stack, "reviewer")
    page.goto(stack.url)
    page.wait_for_load_state("networkidle")
    assert 0 < sum("thumbnail" in url for url in scales.weight.requests) < 48
    heights = "() => [...document.querySelectorAll('.face-card img')].map((each) => each.height)"
    before = page.evaluate(heights)
    assert min(before) > 100, "room is kept for those that aren't there yet"
    page.evaluate("window.scrollTo(0, document.body.scrollHeight)")
    page.wait_for_load_state("networkidle")
    assert page.evaluate(heights) == before


@SCREENS
def test_a_face_s_page_weighs_little_without_its_picture(open_page, stack, width, dots):
    """With the next face's page, which it fetches ahead."""
    page = open_page(width, device_scale_factor=dots)
    scales = weighed(page)
    sign_in(page, stack, "reviewer")
    first, second = (
        each["id"] for each in stack.call("faces/?page_size=2", user="admin")["results"]
    )
    with page.expect_response(lambda answer: f"/faces/{second}/image/" in answer.url):
        open_face(page, stack, first)
    page.wait_for_load_state("networkidle")
    assert scales.weight.bytes["picture"] > 0
    assert scales.weight.bytes["fetch"] > 0
    assert 0 < scales.weight.without_pictures < FACE_WITHOUT_PICTURE, scales.weight.bytes


def test_the_next_face_is_fetched_ahead_and_seen_only_when_it_is_shown(open_page, stack):
    # Signing in ends at the gallery, which shows the first 48.
    listed = stack.call("faces/?page_size=60", user="admin")["results"]
    first, second, third = (each["id"] for each in listed[50:53])
    stack.manage("shell", "-v0", "-c", _TURNER.format(password=PASSWORD))  # who has seen none yet
    page = open_page()
    scales = weighed(page)
    sign_in(page, stack, "turner")
    with page.expect_response(lambda answer: f"/faces/{second}/image/" in answer.url):
        open_face(page, stack, first)
    page.wait_for_load_state("networkidle")
    assert acts(stack, second) == ["face.sent_ahead", "face.sent_ahead"]  # page and picture
    assert acts(stack, third) == []
    page.evaluate("window.stays = true")
    with page.expect_response(lambda answer: f"/faces/{second}/shown/" in answer.url) as told:
        page.keyboard.press("l")
    assert told.value.status == 204
    page.wait_for_function("() => document.querySelector('#face-image').naturalWidth > 0")
    assert page.url.endswith(f"/faces/{second}/")
    assert page.evaluate("window.stays"), "the page was turned and not loaded"
    assert sum(f"/faces/{second}/image/" in url for url in scales.weight.requests) == 1
    assert acts(stack, second)[2:] == ["face.seen", "face.picture_sent"]
    page.wait_for_load_state("networkidle")
    assert set(acts(stack, third)) == {"face.sent_ahead"}
    with page.expect_navigation():
        page.go_back()
    page.wait_for_selector("#show-keys")
    assert page.locator(f"[data-face='{first}']").count() == 1
