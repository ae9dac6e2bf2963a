"""Errors of queues."""

from annotations.exceptions import AnnotationError


class InvalidQueue(AnnotationError):
    """A queue can't be made as asked; the text says how it can."""

    code = "invalid_queue"
