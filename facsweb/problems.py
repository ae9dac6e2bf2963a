"""Errors that this app raises for its users; `code` is stable, the text is for people."""


class AnnotationError(Exception):
    """Base of the domain's errors. `fields` names what is wrong in the caller's input."""

    code = "invalid"
    status = 400

    def __init__(self, detail: str, fields: dict[str, list[str]] | None = None) -> None:
        super().__init__(detail)
        self.detail = detail
        self.fields = fields or {}


class InvalidImage(AnnotationError):
    code = "invalid_image"


class InvalidCoding(AnnotationError):
    code = "invalid_coding"


class StaleCoding(AnnotationError):
    """Somebody else changed the ground truth since the caller read it."""

    code = "stale_coding"
    status = 409


class NotAllowed(AnnotationError):
    code = "permission_denied"
    status = 403


class NotFound(AnnotationError):
    code = "not_found"
    status = 404


class StaleEntity(AnnotationError):
    """What `If-Match` names is no longer so."""

    code = "precondition_failed"
    status = 412


class AppendOnly(AnnotationError):
    code = "append_only"
    status = 409
