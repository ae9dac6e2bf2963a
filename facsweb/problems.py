"""Errors that are raised for users; `code` is stable, the text is for people. No HTTP in here.

facsweb/rest/statuses.py says which kind is answered with which status.
"""


class Problem(Exception):
    """The base of all problems; by itself, invalid input. `fields` names what is wrong in it."""

    code = "invalid"

    def __init__(self, detail: str, fields: dict[str, list[str]] | None = None) -> None:
        super().__init__(detail)
        self.detail = detail
        self.fields = fields or {}


class Conflict(Problem):
    """A request that doesn't go with what is stored."""

    code = "conflict"


class Forbidden(Problem):
    """The user may not do this."""

    code = "permission_denied"


class Missing(Problem):
    """There is no such thing, or none that the user may know of."""

    code = "not_found"


class TooSoon(Problem):
    """A request that is allowed again in so many `seconds`."""

    code = "throttled"

    def __init__(self, detail: str, seconds: int) -> None:
        super().__init__(detail)
        self.seconds = seconds


class AppendOnly(Conflict):
    """An attempt to change a record that is written once."""

    code = "append_only"
