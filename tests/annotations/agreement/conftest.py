"""Two people who code, and API clients beside the browsers'."""

import pytest

from annotations.codings.services import human_coder
from annotations.models import Coder
from tests.api_clients import client_of  # noqa: F401 - a fixture


@pytest.fixture
def pair(ada, ben) -> tuple[Coder, Coder]:
    return human_coder(ada), human_coder(ben)
