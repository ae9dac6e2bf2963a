"""The worker's part of a withdrawal: first all rows, in one transaction, then everything else.

Each step can be done again, so a worker that takes over from a killed one begins where that was
known to be: before the rows went, or after.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from annotations.models import Subject, Tombstone
from annotations.tombstones import Gone, Kind, keep_others_out, key_name, keyed, watermark
from annotations.withdrawal import compact, disk, texts, this_machine, transfers
from annotations.withdrawal.doomed import Doomed, remove_stored
from annotations.withdrawal.models import Withdrawal
from annotations.withdrawal.parts import Counts, parts, remove_files
from annotations.withdrawal.rows import delete, hanging_on, stored_files
from annotations.withdrawal.words import Words
from facsweb.audit.services import record
from facsweb.jobs.fence import Cancelled
from facsweb.jobs.models import LEASE, Run
from facsweb.jobs.progress import Progress, beating

#: A model's name among what was removed.
_LABEL = re.compile(r"[a-z]+\.[A-Za-z]+")


def carry_out(run: Withdrawal) -> None:
    """Remove a subject wholly; what it comes to is written in the run."""
    progress = Progress(run)
    try:
        with beating(run.beat, LEASE.total_seconds() / 4):
            if run.removed_at is None:
                progress.stage("removing rows")
                remove_rows(run)
            _remove_rest(run, progress)
    except Cancelled:
        run.finish(Run.Status.CANCELLED)
    else:
        run.finish(Run.Status.SUCCEEDED)


def remove_rows(run: Withdrawal) -> None:
    """Remove a subject's rows and set the tombstones: all of it, or nothing.

    From its commit on nothing of theirs is taken in any more.
    """
    compact.overwrite_deleted()
    with transaction.atomic():
        keep_others_out()
        subject = Subject.objects.select_for_update().filter(withdrawals=run.pk).first()
        if subject is None:
            _begin_search(run)
            return
        # Whoever is writing about a face has it locked; who comes later finds it gone.
        list(subject.faces.select_for_update().values_list("pk", flat=True))
        ids = hanging_on(subject)
        doomed = Doomed.of(subject, run.pk)
        run.learnt = sorted({name for part in parts() for name in part.learnt(doomed)})
        for part in parts():
            run.add(part.rows(doomed))
        doomed = Doomed.from_json(doomed.to_json() | {"files": [*doomed.files, *stored_files(ids)]})
        run.add(delete(ids))
        _set_tombstones(run, doomed)
        run.subject, run.pending, run.removed_at = None, doomed.to_json(), timezone.now()
        run.save(update_fields=["subject", "pending", "removed_at", "removed", "learnt"])
        told = {"faces": len(doomed.faces), "versions": run.learnt}
        record("subject.withdrawn", run.requested_by, run, told)


def _begin_search(run: Withdrawal) -> None:
    """Have what is left looked for: the subject was gone already, or it is a second run."""
    run.removed_at = timezone.now()
    run.save(update_fields=["removed_at"])


def _set_tombstones(run: Withdrawal, doomed: Doomed) -> None:
    wanted = [(Kind.SUBJECT, doomed.code), *((Kind.PICTURE, each) for each in doomed.digests)]
    Tombstone.objects.bulk_create(
        (
            Tombstone(kind=kind, digest=keyed(kind, value), key=key_name(), withdrawal=run.pk)
            for kind, value in wanted
        ),
        ignore_conflicts=True,
    )


def _remove_rest(run: Withdrawal, progress: Progress) -> None:
    """Remove what rows don't hold: files, words in texts, and what deleted rows left behind."""
    if run.pending:
        doomed = Doomed.from_json(run.pending)
        withdrawn = watermark()
        words, gone = Words.of(doomed), Gone()
        steps: dict[str, Callable[[], Counts]] = {
            "deleting pictures": lambda: {"stored files": remove_stored(doomed.files)},
            "deleting what was made of them": lambda: remove_files(gone),
            "deleting exports": transfers.remove_exports,
            "deleting imports": lambda: transfers.remove_imports(words, gone),
            "going through files": lambda: disk.remove_below_var(gone, words, progress),
            "going through texts": lambda: texts.cut_words(words),
        }
        for name, step in steps.items():
            progress.stage(name)
            run.add(step())
            run.save(update_fields=["removed"])
        this_machine.remember(withdrawn)
        said = {
            _TOO_SHORT: not doomed.is_told_apart,
            _ELSEWHERE: settings.S3_BUCKET,
            _OUTSIDE: True,
        }
        run.beyond = [text for text, holds in said.items() if holds]
        run.pending = {}
        run.save(update_fields=["pending", "beyond"])
    progress.stage("rewriting the database")
    compact.rewrite([*_changed_tables(run), *texts.labels()])


def _changed_tables(run: Withdrawal) -> Iterator[str]:
    for name in run.removed:
        label = name.removeprefix(texts.WORDS_IN)
        if _LABEL.fullmatch(label):
            yield label


_TOO_SHORT = (
    "The subject’s code is too short to be told apart from other words, so notes and comments were "
    "not searched for it."
)
_ELSEWHERE = (
    "Other machines that predict or train remove before their next job what they keep on their own "
    "disks."
)
_OUTSIDE = (
    "Files that people downloaded, backups made before this, wherever they lie, and what other "
    "programs were told are out of its reach: delete old backups."
)
