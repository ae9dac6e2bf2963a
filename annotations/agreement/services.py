"""Reports of agreement: at once where there are few codings, else by a worker, and found again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlencode

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Exists, OuterRef
from django.utils import timezone

from annotations.agreement.figures import Report
from annotations.agreement.permissions import agreement_policy
from annotations.agreement.report import agreement_report
from annotations.agreement.state import State, codings_in, recent_state_of
from annotations.agreement.stored import from_json
from annotations.models import AgreementReport, Coder, Coding
from annotations.visibility import hides_anything, visible_codings
from facsweb.jobs.models import RunQuerySet
from facsweb.problems import Forbidden

#: The most codings of which figures are made within a request: 0.2 s of work for each thousand,
#: among eight people.
AT_ONCE = 4000
_KINDS = (Coder.Kind.HUMAN, Coder.Kind.IMPORT, Coder.Kind.MODEL)


@dataclass(frozen=True)
class Question:
    """The coders whose agreement is asked for (ids, ascending; none: all people), and how."""

    coders: tuple[int, ...] = ()
    blind_only: bool = False

    @property
    def query(self) -> str:
        """The query of the page's address."""
        asked = [("coder", str(pk)) for pk in self.coders]
        return urlencode([*asked, *([("blind", "on")] if self.blind_only else [])])


@dataclass(frozen=True)
class Answer:
    """The answer to a question, as far as there is one.

    Attributes
    ----------
    report
        The figures; None where a worker has yet to make them.
    codings, at
        From how many codings they were made, and when.
    has_changed
        Whether codings were added, withdrawn or removed since.
    is_stored
        Whether a worker made them, or is to.
    latest
        The latest run that was to make them, however it stands.
    """

    report: Report | None
    codings: int
    at: datetime | None
    has_changed: bool = False
    is_stored: bool = False
    latest: AgreementReport | None = None


def answer(question: Question, user: User) -> Answer:
    """Answer a question at once where that is quick, else by what a worker found last.

    Who asks may see all figures.
    """
    coders = _coders(question)
    state = recent_state_of(coders)
    if codings_in(state) <= AT_ONCE:
        codings = visible_codings(user)
        report = agreement_report(codings, coders, blind_only=question.blind_only)
        return Answer(report, codings_in(state), timezone.now())
    return _stored(question, state)


def request_report(question: Question, user: User) -> AgreementReport:
    """Have a worker work figures out; return the run that does it already.

    Raises
    ------
    Forbidden
        Also where the figures would tell of readings that the user mustn't know yet.
    """
    agreement_policy.check(user, "see")
    if hides_anything(user):
        raise Forbidden("Code the faces that are yours to code blind first.")
    with transaction.atomic():
        active = _asked(question).active().first()
        if active is not None:
            return active
        run = AgreementReport.objects.create(
            requested_by=user, coders=list(question.coders), blind_only=question.blind_only
        )
        transaction.on_commit(run.enqueue)
    return run


def cancel_report(run: AgreementReport, user: User) -> None:
    """End it, for anybody who sees agreement: another may ask anew. Raises Forbidden."""
    agreement_policy.check(user, "see")
    run.request_cancel()


def visible_reports(user: User) -> RunQuerySet[AgreementReport]:
    """Return the reports that somebody may know of: who sees how coders agree, and isn't blind."""
    reports = AgreementReport.objects.all()
    sees = agreement_policy.allows(user, "see") and not hides_anything(user)
    return reports if sees else reports.none()


def question_of(run: AgreementReport) -> Question:
    return Question(tuple(run.coders), run.blind_only)


def coders_of(run: AgreementReport) -> list[Coder]:
    """Return the coders whose agreement a run is to work out."""
    return _coders(question_of(run))


def asked_again(run: AgreementReport) -> RunQuerySet[AgreementReport]:
    """Return all runs that were asked the same, this one among them."""
    return _asked(question_of(run))


def _asked(question: Question) -> RunQuerySet[AgreementReport]:
    return AgreementReport.objects.filter(
        coders=list(question.coders), blind_only=question.blind_only
    )


def _stored(question: Question, state: State) -> Answer:
    asked = _asked(question)
    run, latest = asked.filter(figures__isnull=False).first(), asked.defer("figures").first()
    if run is None or run.figures is None:
        return Answer(None, codings_in(state), None, is_stored=True, latest=latest)
    ids: Sequence[int] = run.figures["coders"]
    try:
        report = from_json(run.figures, Coder.objects.in_bulk(ids))
    except KeyError:  # a coder is gone, and with it what it said
        return Answer(None, codings_in(state), None, is_stored=True, latest=latest)
    return Answer(
        report,
        codings_in(run.state),
        run.started_at,
        has_changed=run.state != state,
        is_stored=True,
        latest=latest,
    )


def _coders(question: Question) -> list[Coder]:
    """Return the coders that a question is about who have coded something."""
    coders = coders_who_coded()
    if question.coders:
        return [coder for coder in coders if coder.pk in question.coders]
    return [coder for coder in coders if coder.kind == Coder.Kind.HUMAN]


def coders_who_coded() -> list[Coder]:
    """Return all coders who have coded something: people, imports, models, each by name."""
    coded = Coder.objects.filter(Exists(Coding.objects.filter(coder=OuterRef("pk"))))
    return sorted(coded.order_by("name"), key=lambda coder: _KINDS.index(Coder.Kind(coder.kind)))
