"""The registry of models: versions never change, aliases move, and each move is on record."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.contrib.auth.models import User
from django.db import transaction

from annotations.models import Coder
from facsweb.audit.services import record
from facsweb.problems import Conflict, Problem
from inference.ml.artifact_files import graphs_digest
from inference.models import AliasMove, ModelAlias, ModelVersion
from inference.permissions import model_policy

LONGEST_REASON = 500


class InvalidReason(Problem):
    code = "invalid_reason"


class ModelOutdated(Conflict):
    """A version that can't read pictures as they are cropped now."""

    code = "model_outdated"


class NothingToRollBack(Conflict):
    code = "nothing_to_roll_back"


def champion() -> ModelVersion | None:
    """Return the version that pages compare with the truth, and that new pictures are shown to."""
    return ModelVersion.objects.filter(aliases__name=ModelAlias.Name.CHAMPION).first()


def check_reads_pictures(version: ModelVersion) -> None:
    """Refuse a version that can't read any: of other crops, or without files.

    Raises
    ------
    ModelOutdated
    """
    if not version.is_outdated and version.lost_its_files:
        raise ModelOutdated(
            f"{version} can’t read pictures: its files were deleted by their age. Train again; its "
            "figures and readings stay."
        )
    if version.is_outdated:
        raise ModelOutdated(
            f"{version} learnt from pictures that an earlier facsweb cropped otherwise, so it "
            "can’t read any now. Train again; its figures and readings stay."
        )


@transaction.atomic
def register_version(
    folder: Path,
    sha256: str,
    manifest: dict[str, Any],
    *,
    drawn_share: float | None = None,
    by: User | None = None,
    reason: str = "It was trained.",
) -> ModelVersion:
    """Register an artefact folder as a model version with a coder of its own: the candidate.

    `drawn_share`: of the faces that it learnt from, drawings of nobody; None where nobody knows.
    """
    known = ModelVersion.objects.filter(sha256=sha256).first()
    if known is not None:
        return known
    name = f"VGG16-{sha256[:12]}"
    version = ModelVersion.objects.create(
        name=name,
        sha256=sha256,
        folder=folder.name,
        manifest=manifest,
        graphs_sha256=graphs_digest(folder),
        coder=Coder.objects.create(kind=Coder.Kind.MODEL, name=name, drawn_share=drawn_share),
    )
    _move(ModelAlias.Name.CANDIDATE, version, by, reason)
    return version


def promote(
    version: ModelVersion, user: User, reason: str, evidence: dict[str, Any] | None = None
) -> None:
    """Make `version` the champion; where it is already, nothing changes.

    Nobody is asked whether it is better: pages and the API go through `training.promotion`.

    Parameters
    ----------
    reason
        Why, in the user's words, 1 to LONGEST_REASON characters: the history keeps it.
    evidence
        What was known of both, for the history: plain values.

    Raises
    ------
    Forbidden
    InvalidReason
    ModelOutdated
    """
    model_policy.check(user, "promote")
    reason = checked_reason(reason)
    check_reads_pictures(version)
    with transaction.atomic():
        crown(version, user, reason, evidence)


def checked_reason(reason: str) -> str:
    """Return the reason without blanks around it. Raises InvalidReason."""
    reason = reason.strip()
    if not reason:
        raise InvalidReason(
            "Say why this model becomes the champion: the history keeps it.",
            {"reason": ["Say why."]},
        )
    if len(reason) > LONGEST_REASON or "\0" in reason:
        raise InvalidReason(
            f"A reason is text of at most {LONGEST_REASON} characters.",
            {"reason": [f"Write at most {LONGEST_REASON} characters."]},
        )
    return reason


def roll_back(user: User) -> ModelVersion:
    """Make the former champion the champion again, and return it.

    Raises
    ------
    Forbidden
    NothingToRollBack
        There was only one champion so far.
    ModelOutdated
        The former champion can't read pictures any more.
    """
    model_policy.check(user, "promote")
    with transaction.atomic():
        last = former_champion_move(lock=True)
        if last is None or last.previous is None:
            raise NothingToRollBack("There is no earlier champion to go back to.")
        check_reads_pictures(last.previous)
        crown(last.previous, user, f"Rolled back from {last.version}.")
    return last.previous


def former_champion_move(*, lock: bool = False) -> AliasMove | None:
    """Return the champion's last move, whose `previous` is the champion to go back to; or None."""
    moves = AliasMove.objects.select_related("previous", "version")
    if lock:
        list(ModelAlias.objects.select_for_update().filter(name=ModelAlias.Name.CHAMPION))
    return moves.filter(alias=ModelAlias.Name.CHAMPION).first()


def crown(
    version: ModelVersion, user: User | None, reason: str, evidence: dict[str, Any] | None = None
) -> None:
    """Make `version` the champion, whoever asks; the caller is in a transaction."""
    _move(ModelAlias.Name.CHAMPION, version, user, reason, evidence)
    Coder.objects.filter(is_default=True).update(is_default=False)
    Coder.objects.filter(pk=version.coder_id).update(is_default=True)


def _move(
    name: str,
    version: ModelVersion,
    user: User | None,
    reason: str,
    evidence: dict[str, Any] | None = None,
) -> None:
    """Move an alias and write it down; the caller is in a transaction."""
    alias = ModelAlias.objects.select_for_update().filter(name=name).first()
    if alias is not None and alias.version_id == version.pk:
        return
    previous = alias.version if alias else None
    ModelAlias.objects.update_or_create(name=name, defaults={"version": version})
    AliasMove.objects.create(
        alias=name,
        previous=previous,
        version=version,
        moved_by=user,
        reason=reason,
        evidence=evidence or {},
    )
    if name == ModelAlias.Name.CHAMPION:
        told = {"from": previous.pk if previous else None}
        record("model.promoted", user, version, told)
