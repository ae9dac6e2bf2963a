"""What a worker takes to work out how all people agree: seconds and memory.

    python -m tests.benchmarks.agreement [--faces 10000 100000] [--postgresql]

Each database is filled by `manage.py load_test_data`; `--here` takes the settings' own, and fills
it only if it is empty. Memory is the largest that the process held, before and at the end.
"""

from __future__ import annotations

import resource
import sys
import time

from tests.benchmarks.sizes import at_sizes


def measure(faces: int, only: str) -> None:
    """Fill the database of the settings, and make the report on it that a worker would."""
    import django

    django.setup()
    from django.core.management import call_command
    from django.db import connection

    from annotations.agreement.ratings import read_codings
    from annotations.agreement.report import report_on
    from annotations.models import Coder, Coding, Face

    call_command("migrate", verbosity=0)
    if not Face.objects.exists():
        call_command("load_test_data", faces=faces, pictures=0)
    before, began, used = _most_memory(), time.perf_counter(), time.process_time()
    people = Coder.objects.filter(kind=Coder.Kind.HUMAN, codings__isnull=False).distinct()
    codings = read_codings(Coding.objects.all(), people)
    read = time.process_time()
    report = report_on(codings)
    clock, worked = time.perf_counter() - began, time.process_time() - used
    print(
        f"{faces:,} faces on {connection.vendor}: {len(codings.rows.pk):,} codings, "
        f"{len(report.coders)} people, {len(report.pairs)} pairs, {report.subjects:,} subjects: "
        f"{worked:.1f} s of a processor ({read - used:.1f} s reading), {clock:.1f} s by the clock; "
        f"{before:.0f} MB before, {_most_memory():.0f} MB at most"
    )


def _most_memory() -> float:
    """Megabytes that this process held at most."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    sys.exit(at_sizes("tests.benchmarks.agreement", __doc__, measure, [10_000, 100_000]))
