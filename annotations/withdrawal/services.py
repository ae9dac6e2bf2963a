"""Requesting a withdrawal, going on with one, and looking for what one may have left."""

from __future__ import annotations

from django.contrib.auth.models import User
from django.db import IntegrityError, transaction

from annotations.models import Subject
from annotations.tombstones import Gone
from annotations.withdrawal.doomed import Doomed
from annotations.withdrawal.models import Withdrawal
from annotations.withdrawal.permissions import subject_policy
from facsweb.audit.services import record
from facsweb.jobs.models import Run
from facsweb.problems import Conflict, Missing, Problem


class NotConfirmed(Problem):
    code = "not_confirmed"


class NothingToGoOnWith(Conflict):
    code = "nothing_to_go_on_with"


def request_withdrawal(subject: Subject, user: User, *, confirmation: str) -> Withdrawal:
    """Queue the removal of a subject; asked for twice, it is done once.

    Parameters
    ----------
    confirmation
        The subject's code, typed by who asks.

    Raises
    ------
    Forbidden
    NotConfirmed
    """
    subject_policy.check(user, "withdraw", subject)
    if confirmation.strip() != subject.code:
        message = "This isn’t the subject’s code, so nothing was removed. Type the code exactly."
        raise NotConfirmed(message, {"code": [message]})
    return queue_withdrawal(subject, user)


def queue_withdrawal(subject: Subject, user: User | None, *, send: bool = True) -> Withdrawal:
    """Queue the removal of a subject, whoever asks; None stands for who has the server's shell.

    Parameters
    ----------
    send
        Whether to tell a worker; who carries it out by themselves doesn't.
    """
    try:
        with transaction.atomic():
            run, created = Withdrawal.objects.get_or_create(
                subject=subject, defaults={"requested_by": user}
            )
            if created:
                record("subject.withdrawal_asked", user, subject, {"withdrawal": run.pk})
    except IntegrityError:  # it was asked for twice at once
        run, created = Withdrawal.objects.get(subject=subject), False
    if not created:
        _queue_again(run)
    if send and run.status == Run.Status.QUEUED:
        transaction.on_commit(run.enqueue)
    return run


def queue_search(code: str) -> Withdrawal:
    """Record a search for what is left of somebody who withdrew, for who carries it out.

    Raises
    ------
    Missing
        Nobody of that code withdrew here.
    """
    if not Gone().subject(code):
        raise Missing("There is no such subject, and none of that code has withdrawn.")
    pending = Doomed(0, code, withdrawal=0).to_json()
    return Withdrawal.objects.create(pending=pending)


def go_on(run: Withdrawal, user: User) -> None:
    """Queue a withdrawal again that ended before all was gone.

    Raises
    ------
    Forbidden
    NothingToGoOnWith
    """
    subject_policy.check(user, "withdraw", run)
    if not _queue_again(run):
        raise NothingToGoOnWith("It is under way, or done already.")
    transaction.on_commit(run.enqueue)


def _queue_again(run: Withdrawal) -> bool:
    again = run.put_back("It is begun again, where it was broken off.")
    run.refresh_from_db()
    return again
