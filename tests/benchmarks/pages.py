"""How fast the pages of trainings and models answer, with 1,000 and with 100,000 faces.

    python -m tests.benchmarks.pages [--faces 1000 100000] [--postgresql] [--only PART]

Each page is asked ten times, as an admin and in one process without a network; the figures are the
middle of these ten, by the clock and by what this process worked, and the number of queries.
`--only` takes pages whose name holds that. docs/performance.md has the table.
"""

from __future__ import annotations

import statistics
import sys
import time

from tests.benchmarks.figures import Figure, keep
from tests.benchmarks.sizes import at_sizes

_REQUESTS = 10


def addresses() -> dict[str, str]:
    from training.models import TrainingRun

    run = TrainingRun.objects.order_by("pk").last()
    version, former = run.version, TrainingRun.objects.order_by("pk").first().version
    training, model = f"/training/{run.pk}/", f"/models/{version.pk}/"
    chosen = f"model={version.coder_id}&snapshot={run.snapshot_id}&split=test"
    return {
        "dashboard": f"{training}dashboard/",
        "figures": f"{training}figures/",
        "curves": f"{training}curves/",
        "thresholds": f"{training}thresholds/?au=12",
        "thresholds, moved a little": f"{training}thresholds/?au=12&at=0.30",
        "thresholds, moved far": f"{training}thresholds/?au=12&at=0.05",
        "groups": f"{training}groups/",
        "balance": f"{training}balance/",
        "runs": "/training/",
        "run": training,
        "new training": "/training/new/",
        "models and history": "/models/",
        "model": model,
        "promotion": f"/models/{former.pk}/promote/",
        "card": f"{model}card/",
        "data sheet": f"{training}datasheet/",
        "drift": f"/models/{former.pk}/drift/",
        "comparisons": "/comparisons/",
        "comparison": "/comparisons/1/",
        "faces that moved": f"/comparisons/1/faces/?coder={former.coder_id}&moved=emotion_better",
        "gallery": "/",
        "gallery, a cell": f"/?emotion=positive&emotion_model=negative&{chosen}",
        "gallery, a unit's cell": f"/?au_absent=26&au_model=26&{chosen}",
        "gallery, a unit's largest cell": f"/?au_absent=12&au_model_absent=12&{chosen}",
        "gallery, a group": f"/?gender=female&{chosen}",
        "gallery, faces that a threshold changes": (
            f"/?au_probability=12&probability_from=0.40&probability_below=0.5&{chosen}"
        ),
        "API, the same faces": (
            "/api/v1/faces/?au_probability=12&probability_from=0.40&probability_below=0.5"
            f"&model={version.name}&snapshot={run.snapshot_id}&split=test"
        ),
        "API, runs": "/api/v1/training-runs/",
        "API, comparison": "/api/v1/comparisons/1/",
    }


def measure(faces: int, only: str) -> None:
    """Build the faces in the database of the settings, and time each page."""
    import django

    django.setup()
    from django.contrib.auth.models import User
    from django.core.management import call_command
    from django.db import connection
    from django.test import Client
    from django.test.utils import CaptureQueriesContext

    from facsweb.static_files import collect_static
    from tests.benchmarks.registry import build

    call_command("migrate", verbosity=0)
    collect_static()
    began = time.perf_counter()
    admin = User.objects.filter(username="admin").first() or build(faces)
    print(f"# {faces:,} faces on {connection.vendor}, built in {time.perf_counter() - began:.0f} s")
    print("| page | p50 | of it, this process | queries |\n|---|---|---|---|")
    client = Client(SERVER_NAME="localhost")
    client.force_login(admin)
    for name, address in addresses().items():
        if only not in name:
            continue
        assert client.get(address).status_code == 200, address
        with CaptureQueriesContext(connection) as queries:
            client.get(address)
        number = len(queries)  # before the next request forgets them
        times, own = [], []
        for _ in range(_REQUESTS):
            began, used = time.perf_counter(), time.process_time()
            client.get(address)
            times.append(1000 * (time.perf_counter() - began))
            own.append(1000 * (time.process_time() - used))
        middle, busy = statistics.median(times), statistics.median(own)
        print(f"| {name} | {middle:.0f} ms | {busy:.0f} ms | {number} |", flush=True)
        keep(Figure(f"page: {name}, {faces:,} faces", "ms", tuple(times)))
        keep(Figure(f"page: {name}, {faces:,} faces", "ms of a processor", tuple(own)))


if __name__ == "__main__":
    sys.exit(at_sizes("tests.benchmarks.pages", __doc__, measure, [1000, 100_000]))
