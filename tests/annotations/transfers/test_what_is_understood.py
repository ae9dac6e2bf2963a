"""What facsweb understands of the files that people have: one case a kind of file, to be read as
documentation. The cases stand in understood_tables.py (other programs' tables) and
understood_trees.py (CK+, labels, and everything else)."""

from __future__ import annotations

import io
import json
import zipfile

import pytest
from django.conf import settings

from tests.annotations.transfers.understood import Case
from tests.annotations.transfers.understood_tables import TABLES
from tests.annotations.transfers.understood_trees import TREES
from tests.factories import make_face, make_subject

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("case", [*TABLES, *TREES], ids=lambda case: case.sends)
def test_what_is_sent_is_understood(case: Case, take_in):
    for name, (subject, sequence, frame) in case.faces.items():
        make_face(make_subject(subject), sequence=sequence, frame=frame, source_name=name)
    run = take_in(*sent(case), coder=case.coder, options=case.options)
    assert run.status == case.status, run.error
    told = json.dumps(run.outcome, ensure_ascii=False) + run.error
    if run.refused:
        with run.refused.open("rb") as file:
            told += file.read().decode()
    assert str(settings.VAR_DIR) not in told, "the server's own path"
    for name, count in case.wanted.items():
        assert run.outcome.get(name, 0) == count, (name, run.outcome)
    for text in case.says:
        assert text in told, (text, told)
    if case.check:
        case.check()


def sent(case: Case) -> tuple[str, bytes]:
    (name, data), *others = case.files.items()
    if not others and "/" not in name:
        return name, data.encode() if isinstance(data, str) else data
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, data in case.files.items():
            archive.writestr(name, data)
    return "sent.zip", buffer.getvalue()
