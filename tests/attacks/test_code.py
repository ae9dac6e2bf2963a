"""Data that would be run as code when it is read."""

from __future__ import annotations

import ast
import pickle
from pathlib import Path

import pytest
from kombu.exceptions import ContentDisallowed
from kombu.serialization import loads

from facsweb.celery import app

ROOT = Path(__file__).parent.parent.parent
APPS = ("annotations", "facsweb", "inference", "training")
#: Modules and functions that run what they read.
RUNNING = {"pickle", "cPickle", "dill", "joblib", "shelve", "marshal", "torch", "jsonpickle"}
CALLS = {"eval", "exec", "unsafe_load"}


def odd(tree: ast.AST) -> list[str]:
    """What a module does that could run data."""
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found += [alias.name for alias in node.names if alias.name.split(".")[0] in RUNNING]
        elif isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] in RUNNING:
            found.append(str(node.module))
        elif isinstance(node, ast.Call):
            name = ast.unparse(node.func)
            given = {word.arg: ast.unparse(word.value) for word in node.keywords}
            loads_array = name == "np.load" and given.get("allow_pickle", "False") != "False"
            loads_model = name.endswith("load_model") and given.get("safe_mode") != "True"
            if name in CALLS or name.endswith("unsafe_load") or loads_array or loads_model:
                found.append(name)
    return found


def test_nothing_reads_what_could_run():
    """No pickle, no Lambda layer: networks are read in Keras' safe mode, arrays without objects."""
    seen = {
        str(path.relative_to(ROOT)): found
        for app_ in APPS
        for path in (ROOT / app_).rglob("*.py")
        if (found := odd(ast.parse(path.read_text(encoding="utf-8"))))
    }
    assert not seen
    running = "import pickle\nnp.load(x, allow_pickle=True)\nkeras.saving.load_model(x)\neval(x)"
    found = odd(ast.parse(running))
    assert found == ["pickle", "np.load", "keras.saving.load_model", "eval"]


def test_message_that_is_no_json_is_refused():
    """Who can write to the broker can start our tasks with an id, and nothing more."""
    assert app.conf.accept_content == ["json"]
    assert app.conf.task_serializer == "json"
    message = pickle.dumps([1])
    for kind in ("application/x-python-serialize", "application/x-yaml", "application/x-msgpack"):
        with pytest.raises(ContentDisallowed):
            loads(message, kind, "binary", accept=app.conf.accept_content)
