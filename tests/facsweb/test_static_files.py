"""collectstatic as at each start: names with hashes, down to what modules import."""

import json
import re

import pytest
from django.core.management import call_command

from facsweb import settings as product
from facsweb.static_files import collect_static

_IMPORT = re.compile(r"""(?:\bfrom|\bimport)\s*\(?\s*["']([^"']+)["']""")
_HASHED = re.compile(r"\.[0-9a-f]{12}\.js\Z")
OURS = ("annotations/", "inference/", "training/", "facsweb/")


@pytest.fixture(scope="module")
def collected(tmp_path_factory, django_test_environment):
    from django.test import override_settings

    root = tmp_path_factory.mktemp("static")
    with override_settings(STATIC_ROOT=root, STORAGES=product.STORAGES, DEBUG=False):
        call_command("collectstatic", interactive=False, verbosity=0)
    return root


@pytest.fixture(scope="module")
def names(collected) -> dict[str, str]:
    """Name -> hashed name."""
    return json.loads((collected / "staticfiles.json").read_text())["paths"]


def _modules(names):
    return [name for name in names if name.startswith(OURS) and name.endswith(".js")]


def test_every_import_of_every_hashed_module_names_a_hashed_file_that_is_there(collected, names):
    found = {}
    for name in _modules(names):
        module = collected / names[name]
        for target in _IMPORT.findall(module.read_text()):
            assert _HASHED.search(target), (name, target)
            assert (module.parent / target).is_file(), (name, target)
            found.setdefault(name, set()).add(_HASHED.sub(".js", target))
    assert found["annotations/review.js"] == {
        "./dom.js", "./editor.js", "./outbox.js", "./turning.js",
    }  # fmt: skip
    assert "./outbox.js" in found["annotations/turning.js"]


def test_a_change_deep_down_changes_the_name_of_what_imports_it(tmp_path, settings):
    """review.js -> turning.js -> outbox.js: an upgrade of the last gives the first a new name."""
    source, named = tmp_path / "source", []
    source.mkdir()
    (source / "a.js").write_text('import { b } from "./b.js";\n')
    (source / "b.js").write_text('import { c } from "./c.js";\nexport const b = c;\n')
    settings.STORAGES = product.STORAGES
    settings.STATICFILES_FINDERS = ["django.contrib.staticfiles.finders.FileSystemFinder"]
    settings.STATICFILES_DIRS = [source]
    for version in ("1", "2"):
        (source / "c.js").write_text(f"export const c = {version};\n")
        settings.STATIC_ROOT = tmp_path / version
        call_command("collectstatic", interactive=False, verbosity=0)
        named.append(json.loads((tmp_path / version / "staticfiles.json").read_text())["paths"])
    assert all(named[0][name] != named[1][name] for name in ("a.js", "b.js", "c.js"))


def test_every_hashed_file_is_there(collected, names):
    missing = [name for name in names.values() if not (collected / name).is_file()]
    assert not missing


def test_they_are_collected_anew_only_when_something_has_changed(tmp_path, settings):
    source, root = tmp_path / "source", tmp_path / "static"
    source.mkdir()
    (source / "a.css").write_text("a {}")
    settings.STORAGES = product.STORAGES
    settings.STATICFILES_FINDERS = ["django.contrib.staticfiles.finders.FileSystemFinder"]
    settings.STATICFILES_DIRS, settings.STATIC_ROOT = [source], root
    collect_static()
    (root / "a.css").unlink()
    collect_static()
    assert not (root / "a.css").exists()
    (source / "a.css").write_text("a { color: red }")
    collect_static()
    assert "red" in (root / "a.css").read_text()
    (root / "staticfiles.json").unlink()
    collect_static()
    assert (root / "staticfiles.json").exists()
