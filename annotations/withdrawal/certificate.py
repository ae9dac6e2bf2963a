"""The certificate of a withdrawal: what was removed, when and by whom, but not whose it was."""

from __future__ import annotations

from typing import Any

from django.apps import apps

from annotations.models import Tombstone
from annotations.withdrawal.models import Withdrawal
from annotations.withdrawal.texts import WORDS_IN
from facsweb.code_version import code_version


def removed_in_words(run: Withdrawal) -> list[tuple[str, int]]:
    """Return what was removed and how many, in words, the most telling first.

    Names of tables become those of their models.
    """
    own = [name for name in run.removed if name.startswith("annotations.")]
    rest = [name for name in run.removed if name not in own]
    return [(_named(name), run.removed[name]) for name in [*own, *rest]]


def certificate_of(run: Withdrawal) -> dict[str, Any]:
    """Return the certificate as plain values. It holds neither code nor digest of the subject."""
    return {
        "certificate": f"facsweb withdrawal {run.pk}",
        "state": run.status,
        "complete": run.status == Withdrawal.Status.SUCCEEDED,
        "asked_at": run.created_at.isoformat(timespec="seconds"),
        "asked_by": run.requested_by.get_username() if run.requested_by else "the server's shell",
        "rows_removed_at": _iso(run.removed_at),
        "finished_at": _iso(run.finished_at),
        "removed": [{"what": what, "count": count} for what, count in removed_in_words(run)],
        "tombstones": Tombstone.objects.filter(withdrawal=run.pk).count(),
        "models_that_learnt_from_them": run.learnt,
        "out_of_reach": run.beyond,
        "facsweb": code_version().version,
    }


def _named(name: str) -> str:
    label = name.removeprefix(WORDS_IN)
    if "." not in label or " " in label:
        return name
    plural = str(apps.get_model(label)._meta.verbose_name_plural)
    return f"rows of {plural} in which they were mentioned" if label != name else plural


def _iso(moment: Any) -> str | None:
    return moment.isoformat(timespec="seconds") if moment else None
