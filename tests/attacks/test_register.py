"""The register names tests that exist, and each attack has one."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path

import pytest

from tests.attacks.register import ATTACKS

ROOT = Path(__file__).parent.parent.parent


@cache
def names_in(path: str) -> frozenset[str]:
    tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
    return frozenset(node.name for node in tree.body if isinstance(node, ast.FunctionDef))


@pytest.mark.parametrize("number", ATTACKS)
def test_each_named_test_exists(number):
    _, tests = ATTACKS[number]
    assert tests
    for test in tests:
        path, _, name = test.partition("::")
        assert name in names_in(path), test


def test_every_attack_of_the_list_is_there():
    assert {f"T{number}" for number in range(1, 14)} <= ATTACKS.keys()


def test_every_test_here_is_about_an_attack():
    named = {test for _, tests in ATTACKS.values() for test in tests}
    here = {
        f"tests/attacks/{path.name}::{name}"
        for path in Path(__file__).parent.glob("test_*.py")
        if path.name != Path(__file__).name
        for name in names_in(f"tests/attacks/{path.name}")
        if name.startswith("test_")
    }
    assert here <= named
