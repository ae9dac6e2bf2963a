"""API clients beside the browsers'."""

from tests.api.conftest import client_of  # noqa: F401 - a fixture
