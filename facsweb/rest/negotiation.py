"""Answers that are files."""

from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.request import Request


class AnyAccepted(DefaultContentNegotiation):
    """A file goes out as it is, whatever `Accept` says."""

    def select_renderer(self, request: Request, renderers, format_suffix=None):
        return renderers[0], renderers[0].media_type
