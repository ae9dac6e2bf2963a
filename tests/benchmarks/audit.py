"""Times of the audit with a million entries: `python -m tests.benchmarks.audit [entries]`.

On an SQLite file of its own, as a server has it (WAL, synchronous=FULL): one act by itself and in a
transaction, a look that is known already, pages by filter, the check of the chain.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import timedelta


def main(count: int) -> None:
    """Measure in a process whose settings name a database of its own."""
    with tempfile.TemporaryDirectory() as folder:
        own = {
            "DATABASE_URL": f"sqlite:///{folder}/audit.sqlite3",
            "AUDIT_ANCHOR": f"{folder}/anchor",
        }
        command = [sys.executable, "-m", "tests.benchmarks.audit", str(count), "here"]
        subprocess.run(command, env=os.environ | own, check=True)


def here(count: int) -> None:
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    fill(count)
    measure()


def fill(count: int) -> None:
    """Many looks, as most of an audit is, with now and then something else."""
    from django.db import connection, transaction
    from django.utils import timezone

    from facsweb.audit.chain import digest_of, seal_of
    from facsweb.audit.models import AuditEntry, AuditHead, WaitingEntry

    start = timezone.now() - timedelta(seconds=20 * count)
    began, last = time.perf_counter(), "0" * 64
    names = [field.column for field in AuditEntry._meta.fields]

    def rows() -> Iterator[list[object]]:
        nonlocal last
        for number in range(1, count + 1):
            rare = number % 5000 == 0
            told = WaitingEntry(
                at=start + timedelta(seconds=20 * number),
                action="role.given" if rare else "face.picture_sent",
                actor=number % 30 + 1,
                actor_name=f"person{number % 30}",
                about="user" if rare else "face",
                about_id=number % 100_000 + 1,
                address="192.0.2.1",
            )
            digest = digest_of(told, number, last)
            more = {"number": number, "previous": last, "digest": digest}
            last = digest
            yield [more.get(name, getattr(told, name, None)) for name in names]

    with transaction.atomic(), connection.cursor() as cursor:
        marks = ", ".join(["%s"] * len(names))
        into = f"INSERT INTO audit_auditentry ({', '.join(names)}) VALUES ({marks})"
        cursor.executemany(into, rows())
        AuditHead.objects.create(pk=1, number=count, digest=last, seal=seal_of(count, last))
    print(f"{count} entries written in {time.perf_counter() - began:.1f} s", flush=True)


def measure() -> None:
    from django.contrib.auth.models import Group, User
    from django.db import transaction
    from django.test import Client

    from facsweb.audit.services import record, record_looks
    from facsweb.audit.verify import verify

    otto = User.objects.create_user("otto", password="a-long-test-password")
    otto.groups.add(Group.objects.get(name="auditor"))
    told("record, by itself", 200, lambda: record("face.picture_sent", otto, "face:5"))

    def in_transaction() -> None:
        with transaction.atomic():
            record("thing.done", otto, "face:5")

    told("record, in a transaction of its own", 200, in_transaction)
    record_looks("face.seen", otto, "face", range(1, 49))
    told("48 faces seen before today", 200,
         lambda: record_looks("face.seen", otto, "face", range(1, 49)))  # fmt: skip
    ids = iter(range(100, 10**9, 48))

    def gallery() -> None:
        first = next(ids)
        record_looks("face.seen", otto, "face", range(first, first + 48))

    told("48 faces not seen before today", 50, gallery)
    client = Client(HTTP_HOST="localhost")
    client.force_login(otto)
    middle = 400_000
    for query in (
        "", "below=1000", "who=person7", "action=role.given", "about=face&about_id=77",
        "who=person7&action=role.given", f"who=person7&below={middle}",
        "since=2026-08-01&until=2026-08-01", "action=role.given&since=2026-08-01&until=2026-08-03",
        "since=2000-01-01&until=2000-01-02",
    ):  # fmt: skip
        told(f"page ?{query}", 10, lambda query=query: client.get(f"/audit/?{query}"))
    began = time.perf_counter()
    verdict = verify()
    print(f"verify: {time.perf_counter() - began:.1f} s, {verdict}")


def told(what: str, times: int, work: Callable[[], object]) -> None:
    """Print medians of the time that passed and of that which the processor spent."""
    work()
    passed, spent = [], []
    for _ in range(times):
        began, at_work = time.perf_counter(), time.process_time()
        work()
        spent.append(1000 * (time.process_time() - at_work))
        passed.append(1000 * (time.perf_counter() - began))
    middle, busy = statistics.median(passed), statistics.median(spent)
    print(f"{what}: {middle:.2f} ms, {busy:.2f} ms of them at work", flush=True)


if __name__ == "__main__":
    entries = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    (here if sys.argv[2:] else main)(entries)
