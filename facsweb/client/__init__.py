"""A client of the API: `from facsweb.client import Client`. It needs nothing else of facsweb."""

from facsweb.client.client import Client
from facsweb.client.errors import ApiError, ConnectionLost, RunFailed

__all__ = ["ApiError", "Client", "ConnectionLost", "RunFailed"]
