"""The registry's pages: compare, promote with a reason although a figure falls, go back."""

import time

import pytest

from tests.browser.conftest import sign_in
from tests.browser.desk import WIDTHS, check_page

pytestmark = [pytest.mark.browser, pytest.mark.worker]
#: Another version, which reads each face as the champion does, but for the emotion of every second.
_ANOTHER = """
from annotations.codings.reading import reading_of
from annotations.codings.services import Provenance, add_coding
from annotations.models import Coder, Coding
from inference.models import ModelVersion
from inference.registry import champion
if not ModelVersion.objects.filter(name="VGG16-another").exists():
    coder = Coder.objects.create(kind="model", name="VGG16-another")
    ModelVersion.objects.create(
        name="VGG16-another", sha256="0" * 64, folder="another", manifest={}, coder=coder
    )
    for at, coding in enumerate(Coding.objects.filter(coder=champion().coder).order_by("pk")):
        reading = reading_of(coding)
        if at % 2:
            wrong = "surprise" if reading.emotion != "surprise" else "positive"
            reading = type(reading)(wrong, reading.scores)
        add_coding(coding.face, coder, reading, Provenance("test", split="test"))
"""


@pytest.fixture
def models(stack):
    stack.manage("shell", "-v0", "-c", _ANOTHER)
    return stack


@WIDTHS
def test_a_gated_promotion_with_a_reason_and_back(open_page, models, width):
    page = open_page(width, bypass_csp=True)
    sign_in(page, models, "admin")
    page.goto(f"{models.url}/models/")
    check_page(page, "models", width)
    former = models.call("models/", user="admin")["results"][-1]["name"]
    page.get_by_role("link", name="Promote… VGG16-another").click()
    if page.get_by_role("button", name="Compare them").count():
        check_page(page, "comparison needed", width)
        page.get_by_role("button", name="Compare them").click()
    page.get_by_role("button", name="Make it the champion").wait_for(timeout=60_000)
    check_page(page, "promotion", width)
    page.get_by_label("Why?").fill(f"It is better at {width} pixels.")
    page.get_by_role("button", name="Make it the champion").click()
    assert page.locator("input[name=accept_falls]:invalid").count() == 1, "it asks again"
    assert "Emotion macro F1 falls from" in page.inner_text(".falls")
    page.get_by_label("I have read this").check()
    page.get_by_role("button", name="Make it the champion").click()
    assert "VGG16-another is the champion now" in page.inner_text("main")
    last = page.locator(".history li").first.inner_text()
    assert f"It is better at {width} pixels." in last
    assert "by admin" in last
    assert "fell, which was accepted" in last
    check_page(page, "history", width)
    page.get_by_role("button", name=f"Go back to {former}").click()
    assert f"{former} is the champion again" in page.inner_text("main")
    assert "Rolled back from VGG16-another." in page.locator(".history li").first.inner_text()


@WIDTHS
def test_a_version_s_own_page(open_page, models, width):
    page = open_page(width, bypass_csp=True)
    sign_in(page, models, "reviewer")
    page.goto(f"{models.url}/models/{models.trained['version']}/")
    assert page.get_by_role("table", name="int8 beside").get_by_role("row").count() == 4
    check_page(page, "version", width)


@WIDTHS
def test_compare_a_model_with_an_import_and_make_a_queue(open_page, models, width):
    page = open_page(width, bypass_csp=True)
    sign_in(page, models, "reviewer")
    page.goto(f"{models.url}/comparisons/")
    page.get_by_label("Compare with").select_option(label="CK+")
    page.get_by_role("checkbox", name="VGG16-another").check()
    check_page(page, "comparisons", width)
    page.get_by_role("button", name="Compare").click()
    page.get_by_role("heading", name="VGG16-another against CK+").wait_for(timeout=60_000)
    check_page(page, "comparison", width)
    told = page.inner_text("main")
    assert "the comparison flatters it" in told
    assert "Emotion accuracy: worse" in told
    link = page.get_by_role("link", name="wrong on the emotion, where the first is right")
    moved = int(link.inner_text().split()[0])
    link.click()
    check_page(page, "moved faces", width)
    page.get_by_label("Name of a queue").fill(f"Worse {time.time()}")
    page.get_by_role("button", name=f"Make a queue of these {moved} faces").click()
    assert f"{moved} faces" in page.inner_text("main")
    assert "/queues/" in page.url


def test_a_comparison_is_readable_without_javascript(open_page, models):
    coders = models.call("coders/", user="admin")["results"]
    pair = [each["id"] for each in coders if each["name"] in {"CK+", "VGG16-another"}]
    asked = models.call("comparisons/", user="admin", json_body={"coders": pair})
    pk = models.wait_for_run(f"comparisons/{asked['id']}/")["id"]
    page = open_page(java_script_enabled=False)
    sign_in(page, models, "reviewer")
    page.goto(f"{models.url}/comparisons/{pk}/")
    assert page.locator("table.side-by-side tbody tr").count() > 3
    assert page.locator(".difference .whisker").count() > 3
