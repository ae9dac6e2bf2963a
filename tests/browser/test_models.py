"""The registry's pages: promote with a reason, see it in the history, go back."""

import pytest

from tests.browser.conftest import sign_in
from tests.browser.desk import WIDTHS, check_page

pytestmark = [pytest.mark.browser, pytest.mark.worker]
_TWO_VERSIONS = """
from django.db import transaction
from annotations.models import Coder
from inference.models import ModelVersion
from inference.registry import champion, crown
if champion() is None:
    for number, name in enumerate(["VGG16-first", "VGG16-second"]):
        coder = Coder.objects.create(kind="model", name=name)
        version = ModelVersion.objects.create(
            name=name, sha256=str(number) * 64, folder=name, manifest={}, coder=coder
        )
        if not number:
            with transaction.atomic():
                crown(version, None, "It is the first model.")
"""


@pytest.fixture
def models(plain_stack):
    plain_stack.manage("shell", "-v0", "-c", _TWO_VERSIONS)
    return plain_stack


@WIDTHS
def test_promote_with_a_reason_and_go_back(open_page, models, width):
    page = open_page(width)
    sign_in(page, models, "admin")
    page.goto(f"{models.url}/models/")
    check_page(page)
    page.get_by_role("link", name="Promote… VGG16-second").click()
    check_page(page)
    page.get_by_role("button", name="Make it the champion").click()
    assert page.locator("textarea:invalid").count() == 1, "the browser asks for a reason"
    page.get_by_label("Why?").fill(f"It is better at {width} pixels.")
    page.get_by_role("button", name="Make it the champion").click()
    assert "VGG16-second is the champion now" in page.inner_text("main")
    last = page.locator(".history li").first.inner_text()
    assert f"It is better at {width} pixels." in last
    assert "by admin" in last
    check_page(page)
    page.get_by_role("button", name="Go back to VGG16-first").click()
    assert "VGG16-first is the champion again" in page.inner_text("main")
    assert "Rolled back from VGG16-second." in page.locator(".history li").first.inner_text()
