"""The registry's pages: promote with a reason, see it in the history, go back."""

import pytest

from tests.browser.conftest import sign_in
from tests.browser.desk import WIDTHS, check_page

pytestmark = [pytest.mark.browser, pytest.mark.worker]
_ANOTHER = """
from annotations.models import Coder
from inference.models import ModelVersion
if not ModelVersion.objects.filter(name="VGG16-another").exists():
    coder = Coder.objects.create(kind="model", name="VGG16-another")
    ModelVersion.objects.create(
        name="VGG16-another", sha256="0" * 64, folder="another", manifest={}, coder=coder
    )
"""


@pytest.fixture
def models(stack):
    stack.manage("shell", "-v0", "-c", _ANOTHER)
    return stack


@WIDTHS
def test_promote_with_a_reason_and_go_back(open_page, models, width):
    page = open_page(width, bypass_csp=True)
    sign_in(page, models, "admin")
    page.goto(f"{models.url}/models/")
    check_page(page, "models", width)
    former = models.call("models/", user="admin")["results"][-1]["name"]
    page.get_by_role("rowheader").get_by_role("link", name=former).click()
    assert "Data" in page.get_by_role("region", name="How it was made").inner_text()
    page.get_by_text("Settings, libraries and digests").click()
    check_page(page, "version", width)
    page.go_back()
    page.get_by_role("link", name="Promote… VGG16-another").click()
    check_page(page, "promotion", width)
    page.get_by_role("button", name="Make it the champion").click()
    assert page.locator("textarea:invalid").count() == 1, "the browser asks for a reason"
    page.get_by_label("Why?").fill(f"It is better at {width} pixels.")
    page.get_by_role("button", name="Make it the champion").click()
    assert "VGG16-another is the champion now" in page.inner_text("main")
    last = page.locator(".history li").first.inner_text()
    assert f"It is better at {width} pixels." in last
    assert "by admin" in last
    check_page(page, "history", width)
    page.get_by_role("button", name=f"Go back to {former}").click()
    assert f"{former} is the champion again" in page.inner_text("main")
    assert "Rolled back from VGG16-another." in page.locator(".history li").first.inner_text()
