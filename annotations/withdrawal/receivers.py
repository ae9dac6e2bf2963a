"""The last door: no row of a withdrawn subject is saved, whoever saves it."""

from __future__ import annotations

from typing import Any

from annotations.models import Face, NeutralFrame, Subject
from annotations.tombstones import check_not_withdrawn, picture_digests


def refuse_withdrawn(sender: type, instance: Subject | Face | NeutralFrame, **kwargs: Any) -> None:
    """Refuse to save a subject's code, or a picture, that a tombstone stands for.

    Raises
    ------
    SubjectWithdrew
    """
    if isinstance(instance, Subject):
        check_not_withdrawn(codes=[instance.code])
    else:
        check_not_withdrawn(codes=[instance.subject.code], pictures=picture_digests(instance))
