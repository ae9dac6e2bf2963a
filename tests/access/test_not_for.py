"""Pages that show readings and figures say what they are not for."""

import pytest

from tests.access.world import World
from tests.pages import text_of

WORDS = "Not for telling what somebody feels, nor for deciding about anybody"


@pytest.mark.django_db
def test_pages_with_readings_and_figures_say_what_they_are_not_for():
    world = World()
    face, run = world.ids["face"], world.ids["training"]
    pages = [f"/training/{run}/{name}/" for name in ("dashboard", "figures", "curves", "balance")]
    for address in [f"/faces/{face}/", "/models/", *pages, f"/training/{run}/groups/"]:
        answer = world.clients["admin"].get(address)
        assert WORDS in " ".join(
            answer.content.decode().replace("<b>", "").replace("</b>", "").split()
        ), address
    card = text_of(world.clients["auditor"].get(f"/models/{world.ids['model']}/card/"))
    assert "Not for deciding about people" in card
