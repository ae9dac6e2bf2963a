"""The type of the API's requests."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import User
from rest_framework.request import Request


class ApiRequest(Request):
    """A request of somebody with a session or a token; the API lets in nobody else."""

    user: User
    auth: Any  # an ApiToken, or None for a session
