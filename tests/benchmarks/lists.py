"""How fast lists of faces answer: the gallery, the face page, the API, by size and by filter.

    python -m tests.benchmarks.lists [--faces 10000 100000] [--postgresql] [--only PART]

Each database is filled by `manage.py load_test_data`; `--here` takes the settings' own, and fills
it only if it is empty. Each address is asked ten times as an admin, in one process without a
network; `tests.benchmarks.asked` says what the figures are.
"""

from __future__ import annotations

import sys

from tests.benchmarks.asked import heading, tell
from tests.benchmarks.sizes import at_sizes

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
    "truth without AU12": "au_absent=12",
    "model without AU12": "au_model_absent=12",
    "AU12 and AU6": "au=12&au_also=6",
    "AU12 likely": "au_probability=12&probability_from=0.40&probability_below=0.5",
    "women": "gender=female",
    "not learnt from": "unlearnt=on",
    "blurred": "quality=blurred",
    "uploaded in a range": "uploaded_from=2026-03-01&uploaded_until=2026-09-01",
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
    "codings, imported": "codings/?page_size=100&kind=import",
    "codings, of one coder": "codings/?page_size=100&coder=load-test-3",
    "codings, of one coder and emotion": (
        "codings/?page_size=100&coder=load-test-3&emotion=negative"
    ),
    "codings, truth": "codings/?page_size=100&is_accepted=true",
    "codings, made since": "codings/?page_size=100&updated_since=2026-11-01",
    "codings, least sure first": "codings/?page_size=100&ordering=confidence",
    "codings, emotion, least sure first": (
        "codings/?page_size=100&emotion=positive&ordering=confidence"
    ),
    "reviews": "reviews/?page_size=100",
    "reviews, of one": "reviews/?page_size=100&reviewer=load-test-3",
    "reviews, decision": "reviews/?page_size=100&decision=undo",
    "reviews, made since": "reviews/?page_size=100&updated_since=2026-11-01",
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
    from django.test import Client

    from annotations.models import Face
    from facsweb.static_files import collect_static

    call_command("migrate", verbosity=0)
    collect_static()
    if not Face.objects.exists():
        call_command("load_test_data", faces=faces, pictures=0)
    admin, _ = User.objects.get_or_create(username="admin", is_superuser=True)
    client = Client(SERVER_NAME="localhost")
    client.force_login(admin)
    print(heading(faces), flush=True)
    for name, address in addresses(Face.objects.order_by("pk")[faces // 2].pk).items():
        if only in name:
            assert client.get(address).status_code == 200, address
            tell(name, lambda at=address: client.get(at), faces)  # type: ignore[misc]


if __name__ == "__main__":
    sys.exit(at_sizes("tests.benchmarks.lists", __doc__, measure, [10_000, 100_000]))
