"""How fast lists of faces answer: the gallery, the face page, the API, by size and by filter.

    python -m tests.benchmarks.lists [--faces 10000 100000] [--postgresql] [--only PART]

Each database is filled by `manage.py load_test_data`. Each address is asked twenty times as an
admin, in one process without a network; the figures are the 50th and the 95th percentile by the
clock, the median of what this process worked, and the number of queries.
"""

from __future__ import annotations

import statistics
import sys
import time

from tests.benchmarks.sizes import at_sizes

_REQUESTS = 20
FILTERS = {
    "no filter": "",
    "truth AU12": "au=12",
    "model AU12": "au_model=12",
    "differ": "agreement=disagree",
    "agree": "agreement=agree",
    "no truth": "agreement=unlabelled",
    "emotion": "emotion=positive",
    "model's emotion": "emotion_model=positive",
    "split": "split=test",
    "flagged": "flagged=on",
    "unlike": "unlike=on",
    "three at once": "agreement=disagree&au=12&emotion=positive",
    "a cell": "emotion=positive&emotion_model=negative",
}
API = {
    "faces": "faces/?page_size=100",
    "faces, emotion": "faces/?page_size=100&emotion=positive",
    "faces, AU46 (no hit)": "faces/?page_size=100&au_truth=46",
    "faces, sure": "faces/?page_size=100&confidence__gte=0.99",
    "faces, split": "faces/?page_size=100&split=test",
    "faces, differ": "faces/?page_size=100&disagrees=true",
    "faces, least sure first": "faces/?page_size=100&ordering=confidence",
    "codings, emotion": "codings/?page_size=100&emotion=positive",
    "codings, AU12": "codings/?page_size=100&au=12",
    "codings, AU46 (no hit)": "codings/?page_size=100&au=46",
    "codings, sure": "codings/?page_size=100&confidence__gte=0.99",
    "codings, models'": "codings/?page_size=100&kind=model",
}


def addresses(middle: int) -> dict[str, str]:
    """Every list: its first, a middle and its last page, and a face in the middle of it."""
    found = {}
    for name, query in FILTERS.items():
        found[f"gallery, {name}"] = f"/?{query}"
        found[f"gallery, {name}, middle"] = f"/?{query}&after={middle}"
        found[f"gallery, {name}, last"] = f"/?{query}&last=on"
        found[f"face, {name}"] = f"/faces/{middle}/?{query}"
    return found | {f"API, {name}": f"/api/v1/{path}" for name, path in API.items()}


def measure(faces: int, only: str) -> None:
    """Fill the database of the settings, and time each address."""
    import django

    django.setup()
    from django.contrib.auth.models import User
    from django.core.management import call_command
    from django.db import connection
    from django.test import Client
    from django.test.utils import CaptureQueriesContext

    from annotations.models import Face
    from facsweb.static_files import collect_static

    call_command("migrate", verbosity=0)
    collect_static()
    if not Face.objects.exists():
        call_command("load_test_data", faces=faces, pictures=0)
    admin, _ = User.objects.get_or_create(username="admin", is_superuser=True)
    client = Client(SERVER_NAME="localhost")
    client.force_login(admin)
    print(f"# {faces:,} faces on {connection.vendor}")
    print("| list | p50 | p95 | of it, this process | queries |\n|---|---|---|---|---|")
    for name, address in addresses(Face.objects.order_by("pk")[faces // 2].pk).items():
        if only not in name:
            continue
        assert client.get(address).status_code == 200, address
        with CaptureQueriesContext(connection) as queries:
            client.get(address)
        number = len(queries)
        times, own = [], []
        for _ in range(_REQUESTS):
            began, used = time.perf_counter(), time.process_time()
            client.get(address)
            times.append(1000 * (time.perf_counter() - began))
            own.append(1000 * (time.process_time() - used))
        p95 = statistics.quantiles(times, n=20)[-1]
        print(
            f"| {name} | {statistics.median(times):.0f} ms | {p95:.0f} ms "
            f"| {statistics.median(own):.0f} ms | {number} |",
            flush=True,
        )


if __name__ == "__main__":
    sys.exit(at_sizes("tests.benchmarks.lists", __doc__, measure, [10_000, 100_000]))
