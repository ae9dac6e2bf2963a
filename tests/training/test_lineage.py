"""A version tells what it was made of, by whom, and what differs from its parent."""

from datetime import timedelta

import pytest
from django.utils import timezone

from annotations.models import Coding
from facsweb.code_version import CodeVersion
from inference.ml.preprocessing import PREPROCESSING_VERSION
from tests.factories import (
    import_coder,
    make_coding,
    make_face,
    make_run,
    make_version,
    metrics,
)
from training.making.samples import freeze_truth
from training.runs.lineage import data_changes, lineage_of
from training.runs.services import request_training

pytestmark = pytest.mark.django_db

_MANIFEST = {
    "config": {"recipe": "default", "seed": 20, "dropout": 0.4, "dense_units": 96},
    "libraries": {"keras": "3.14.0"},
    "dataset_sha256": "a" * 64,
    "preprocessing_version": PREPROCESSING_VERSION,
}
_CODE = CodeVersion("0.1.0", "c" * 40, False, "1" * 64)


def _version(name, *, manifest=None, parent=None, **fields):
    """A version with the run that made it."""
    version = make_version(name)
    type(version).objects.filter(pk=version.pk).update(manifest=_MANIFEST | (manifest or {}))
    version.refresh_from_db()
    now = timezone.now()
    made = {
        "status": "succeeded",
        "started_at": now - timedelta(seconds=90),
        "finished_at": now,
        "code": _CODE.to_json(),
    }
    run = make_run(version=version, parent=parent, metrics=metrics(), **(made | fields))
    return version, run


def _changed_version():
    old, _ = _version("VGG16-old")
    manifest = {
        "config": _MANIFEST["config"] | {"recipe": "published", "dropout": 0.35},
        "libraries": {"keras": "3.15.1"},
        "dataset_sha256": "b" * 64,
    }
    code = CodeVersion("0.1.0", "d" * 40, True, "2" * 64).to_json()
    new, run = _version("VGG16-new", manifest=manifest, parent=old, code=code)
    return old, new, run


def test_differences_from_the_parent_are_told_in_words():
    _, new, _ = _changed_version()
    assert lineage_of(new).differences == [
        "Recipe: published instead of default.",
        "Dropout after the dense layer: 0.35 instead of 0.4.",
        "Data: other faces or labels: 54 faces instead of 54.",
        "keras: 3.15.1 instead of 3.14.0.",
        "Code: commit dddddddddddd with uncommitted changes instead of commit cccccccccccc.",
    ]


def test_the_page_shows_lineage_moves_and_runs(as_user, ada, boss):
    old, new, run = _changed_version()
    again = make_run(version=new, status="succeeded", metrics=metrics())
    text = " ".join(as_user(ada).get(f"/models/{new.pk}/").content.decode().split())
    for words in (
        "Recipe: published instead of default.",
        f'<a href="/models/{old.pk}/">VGG16-old</a>',
        "after 1 min 30 s",
        f'href="/training/{run.pk}/"',
        f'href="/training/{again.pk}/"',
        "0.77",
        f'href="/training/{again.pk}/dashboard/"',
        "It never had an alias.",
    ):
        assert words in text, words
    assert "/promote/" not in text
    assert f"/models/{new.pk}/promote/" in as_user(boss).get(f"/models/{new.pk}/").content.decode()


def test_a_version_of_which_nothing_is_known_has_a_page(as_user, ada):
    version = make_version(champion=True)
    text = as_user(ada).get(f"/models/{version.pk}/").content.decode()
    assert "No training on record made it." in text
    assert "A test needs one." in text


def test_the_page_has_a_fixed_number_of_queries(as_user, ada, django_assert_max_num_queries):
    _, new, _ = _changed_version()
    for _ in range(5):
        make_run(version=new, status="succeeded", metrics=metrics(), requested_by=ada)
    client = as_user(ada)
    with django_assert_max_num_queries(11):
        client.get(f"/models/{new.pk}/")


def test_the_api_tells_the_lineage_of_a_single_version(as_user, ada):
    old, new, run = _changed_version()
    told = as_user(ada).get(f"/api/v1/models/{new.pk}/").json()["lineage"]
    assert told["parent_model"] == old.pk
    assert told["training_run"] == run.pk
    assert told["seconds"] == pytest.approx(90)
    assert told["code"]["changed"] is True
    assert told["seed"] == 20
    assert "Recipe: published instead of default." in told["differences"]
    assert "lineage" not in as_user(ada).get("/api/v1/models/").json()["results"][0]


def test_the_champion_of_the_request_is_the_parent(boss):
    champion = make_version("VGG16-champion", champion=True)
    run = request_training(boss)
    make_version("VGG16-later", champion=True)
    run.refresh_from_db()
    assert run.parent == champion


def test_what_became_of_the_data_is_counted():
    gone, recoded, kept = make_face(), make_face(), make_face()
    for face in (gone, recoded, kept):
        make_coding(face)
    before, _ = freeze_truth()
    parent, _ = _version("VGG16-old", snapshot=before)
    Coding.objects.filter(face=gone).update(is_accepted=False)  # its label was taken back
    make_coding(recoded, import_coder("another"), emotion="negative")
    make_coding(make_face())
    make_coding(make_face())
    after, _ = freeze_truth()
    changes = data_changes(after, parent)
    assert changes == {"before": 3, "after": 4, "new": 2, "gone": 1, "recoded": 1}
    assert data_changes(after, None) is None
    new, _ = _version(
        "VGG16-new",
        manifest={"dataset_sha256": "b" * 64},
        parent=parent,
        snapshot=after,
        data_changes=changes,
    )
    assert lineage_of(new).differences == [
        "Data: 4 faces instead of 3; 2 new, 1 gone, 1 coded anew."
    ]
