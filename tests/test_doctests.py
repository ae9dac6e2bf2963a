"""The examples in docstrings are right: of every module of these packages that has any."""

import doctest
import importlib
import pkgutil
from importlib.util import find_spec
from pathlib import Path

import pytest

PACKAGES = (
    "annotations.facs", "annotations.measures", "facsweb.accounts.policies", "inference.ml",
    "training.ml", "training.figures.dashboard", "tests.annotations.agreement.formulas",
)  # fmt: skip


def _with_examples() -> list[str]:
    """Names of modules with a prompt in their text: importing all would be slow."""
    found = []
    for package in PACKAGES:
        spec = find_spec(package)
        names = [
            f"{package}.{module.name}"
            for module in pkgutil.iter_modules(spec.submodule_search_locations or [])
        ]
        found += [
            name
            for name in (package, *names)
            if ">>> " in Path(find_spec(name).origin).read_text(encoding="utf-8")
        ]
    return found


@pytest.mark.parametrize("name", _with_examples())
def test_examples_in_docstrings(name):
    failed, tried = doctest.testmod(importlib.import_module(name))
    assert tried
    assert not failed


def test_each_package_has_examples():
    """A package without any is no longer collected, or lost them."""
    names = _with_examples()
    assert [each for each in PACKAGES if not any(n.startswith(each) for n in names)] == []
