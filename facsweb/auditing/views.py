"""The page of the audit, for auditors and admins, and the table that they take away."""

from __future__ import annotations

import re

from django.contrib.auth.models import User
from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from facsweb.accounts.decorators import audit_required
from facsweb.accounts.types import SignedInRequest
from facsweb.audit.chain import digest_of
from facsweb.audit.models import AuditEntry, AuditHead
from facsweb.audit.query import page_of
from facsweb.audit.services import record
from facsweb.audit.words import name_of, words_for
from facsweb.auditing.forms import AuditFilter
from facsweb.auditing.table import lines_of
from facsweb.rest.ids import read_id

ENTRIES_A_PAGE = 50
_DIGEST = re.compile(r"[0-9a-f]{64}")


@require_safe
@audit_required
def audit(request: SignedInRequest) -> HttpResponse:
    """Show who did what, newest first. Each entry shown is checked against its own digest."""
    chosen = AuditFilter(request.GET)
    below, above = read_id(request.GET.get("below")), read_id(request.GET.get("above"))
    page = page_of(chosen.asked, ENTRIES_A_PAGE, below=below, above=above)
    context = {
        "filter": chosen,
        "page": page,
        "rows": _rows(page.shown),
        "total": AuditHead.objects.values_list("number", flat=True).first() or 0,
        "is_narrowed": bool(chosen.query),
    }
    return render(request, "auditing/audit.html", context)


@require_safe
@audit_required
def audit_csv(request: SignedInRequest) -> StreamingHttpResponse:
    """Stream all entries that the filter finds. That they are taken is an entry, too."""
    chosen = AuditFilter(request.GET)
    found = chosen.asked.entries()
    record("audit.downloaded", request.user, details={"filter": chosen.query})
    answer = StreamingHttpResponse(lines_of(found), content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = 'attachment; filename="facsweb-audit.csv"'
    answer["X-Content-Type-Options"] = "nosniff"
    return answer


def _rows(shown: list[AuditEntry]) -> list[dict[str, object]]:
    """Return what the table shows. Accounts are called by their names of now."""
    accounts = {entry.about_id for entry in shown if entry.about == "user"}
    names = dict(User.objects.filter(pk__in=accounts).values_list("pk", "username"))
    return [_row(entry) | _account(entry, names) for entry in shown]


def _account(entry: AuditEntry, names: dict[int, str]) -> dict[str, object]:
    name = names.get(entry.about_id or 0) if entry.about == "user" else None
    return {"thing": f"account {name}"} if name else {}


def _row(entry: AuditEntry) -> dict[str, object]:
    return {
        "entry": entry,
        "did": words_for(entry.action),
        "thing": name_of(entry.about, entry.about_id) if entry.about else "",
        "details": _told(entry),
        "is_broken": digest_of(entry, entry.number, entry.previous) != entry.digest,
    }


def _told(entry: AuditEntry) -> str:
    """Return an entry's details in a line."""
    return "; ".join(f"{name.replace('_', ' ')}: {_said(it)}" for name, it in entry.told.items())


def _said(value: object) -> str:
    match value:
        case bool():
            return "yes" if value else "no"
        case None | "" | []:
            return "none"
        case list():
            return ", ".join(map(_said, value))
        case dict():
            return ", ".join(f"{name.replace('_', ' ')} {_said(it)}" for name, it in value.items())
    text = str(value)
    # The table to take away and the API have digests whole.
    return f"{text[:12]}…" if _DIGEST.fullmatch(text) else text
