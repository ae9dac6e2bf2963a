"""Values that every page needs."""

from django.http import HttpRequest

from facsweb.accounts.permissions import (
    is_auditor,
    may_administer,
    may_audit,
    may_decide,
    may_read_figures,
    may_see_every_face,
    may_see_faces,
    may_see_tags,
)
from facsweb.jobs.heartbeat import worker_state


def roles(request: HttpRequest) -> dict[str, object]:
    user = getattr(request, "user", None)
    if user is None:  # an error before authentication
        return {}
    return {
        "may_see_faces": may_see_faces(user),
        "may_decide": may_decide(user),
        "may_administer": may_administer(user),
        "may_read_figures": may_read_figures(user),
        "may_audit": may_audit(user),
        "may_see_every_face": may_see_every_face(user),
        "may_see_tags": may_see_tags(user),
        "is_auditor": is_auditor(user),
        "worker_state": worker_state,  # called by the templates that show it
    }
