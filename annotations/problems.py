"""Errors about faces and codings."""

from facsweb.problems import Conflict, Problem


class InvalidImage(Problem):
    code = "invalid_image"


class InvalidCoding(Problem):
    code = "invalid_coding"


class StaleCoding(Conflict):
    """Somebody else changed the ground truth since the caller read it."""

    code = "stale_coding"
