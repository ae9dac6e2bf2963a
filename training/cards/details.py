"""A model's making and parts, from its manifest and its run. No Django."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from inference.ml.preprocessing import PREPROCESSING_VERSION
from inference.ml.trunk import TRUNKS
from inference.ml.weights import LICENCES, WEIGHTS_SHA256
from training.cards.document import Column, Fact, Form, Section, Table
from training.cards.precision import precision_section
from training.cards.source import CardSource, ModelRecord
from training.ml.config import ConfigError, TrainingConfig
from training.ml.recipes import RECIPES
from training.runs.differences import LABELS

_TWO = (Column("name", "Name"), Column("value", "Value"))


def model_details(source: CardSource) -> Section:
    """Return the section "Model Details"."""
    manifest = source.model.manifest
    config = (source.training.config if source.training else {}) or manifest.get("config", {})
    return Section(
        "model_details",
        "Model Details",
        facts=tuple(_facts(source, manifest)),
        tables=tuple(_promotions(source.model)),
        sections=(
            _differences(source.model),
            _recipe(config, manifest),
            _thresholds(manifest),
            precision_section(manifest),
            _libraries(manifest),
        ),
    )


def _facts(source: CardSource, manifest: dict[str, Any]) -> Iterator[Fact]:
    model, run = source.model, source.training
    yield Fact("version", "Version", model.name)
    yield Fact("sha256", "Digest (SHA-256)", model.sha256)
    yield Fact("registered_at", "Registered", model.registered_at, Form.MOMENT)
    yield Fact("aliases", "Now", ", ".join(model.aliases) or "neither champion nor candidate")
    yield Fact("training_run", "Made by", f"training run {run.number}" if run else None)
    yield Fact("asked_by", "Asked for by", run.asked_by if run else None)
    yield Fact("asked_at", "Asked for", run.asked_at if run else None, Form.MOMENT)
    yield Fact("seconds", "Training took", run.seconds if run else None, Form.SECONDS)
    yield Fact("code", "Trained by code", model.code)
    yield Fact("parent", "Parent", model.parent or ("none" if run else None))
    yield Fact("answers", "Answers", _answers(manifest))
    yield Fact("drawn_share", "Drawn, of its faces", model.drawn_share, Form.PERCENT)
    yield Fact("input_size", "Sees", _pixels(manifest.get("input_size")))
    yield Fact("preprocessing_version", "Preprocessing", _preprocessing(manifest))
    yield Fact("format_version", "Format of the artefact", manifest.get("format_version"))
    yield Fact("seed", "Random seed", manifest.get("seed"))


def _answers(manifest: dict[str, Any]) -> str | None:
    emotions, units = manifest.get("emotions"), manifest.get("action_units")
    if not emotions or not units:
        return None
    numbers = ", ".join(map(str, units))
    return f"emotion ({', '.join(emotions)}) and action units {numbers}"


def _pixels(size: int | None) -> str | None:
    return None if size is None else f"the aligned face, {size} × {size} pixels"


def _preprocessing(manifest: dict[str, Any]) -> str | None:
    version = manifest.get("preprocessing_version")
    if version is None:
        return None
    now = "" if version == PREPROCESSING_VERSION else f" (now {PREPROCESSING_VERSION})"
    return f"version {version}{now}"


def _promotions(model: ModelRecord) -> Iterator[Table]:
    if model.promotions:
        columns = (
            Column("at", "Became champion", Form.MOMENT),
            Column("by", "By"),
            Column("previous", "After"),
            Column("reason", "Why"),
        )
        rows = tuple(
            (each.at, each.by or "the system", each.previous or "none", each.reason)
            for each in model.promotions
        )
        yield Table("promotions", "Promotions", columns, rows)


def _differences(model: ModelRecord) -> Section:
    says = model.differences or (
        ("Nothing on record.",) if model.parent else ("It has no parent to differ from.",)
    )
    return Section("differences", "What differs from its parent", says)


def _recipe(config: dict[str, Any], manifest: dict[str, Any]) -> Section:
    """Return the recipe in words, the trunk, and every setting."""
    trunk = str(config.get("trunk", ""))
    source, licence = LICENCES.get(trunk, ("", ""))
    digest = WEIGHTS_SHA256 if trunk == "vgg16" else None
    kind = TRUNKS.get(trunk)
    facts = (
        Fact("recipe", "Recipe", config.get("recipe")),
        Fact("trunk", "Trunk", kind.application if kind else trunk),
        Fact("trunk_source", "Its weights", source),
        Fact("trunk_licence", "Their licence", licence),
        Fact("trunk_sha256", "Their digest (SHA-256)", digest),
        Fact("trunk_fingerprint", "Fingerprint of the trunk", manifest.get("trunk_fingerprint")),
        Fact("precision", "Numbers it was computed in", manifest.get("precision", "fp32")),
        *_prior(manifest),
    )
    rows = tuple(
        (LABELS.get(name, name), "none" if value == "" else value)
        for name, value in sorted(config.items(), key=_place)
    )
    settings = (Table("settings", "Settings", _TWO, rows),) if rows else ()
    experts = tuple(_experts(manifest))
    words = (*recipe_words(config), *_prior_words(config, manifest))
    return Section("recipe", "Recipe", words, facts, (*experts, *settings))


def _prior(manifest: dict[str, Any]) -> Iterator[Fact]:
    """Yield what is within the network besides its trunk; nothing of a model without a prior."""
    prior = manifest.get("extra", {}).get("prior")
    if prior:
        yield Fact("prior", "Expression prior", prior.get("source"))
        yield Fact("prior_licence", "Its licence", prior.get("licence"))
        yield Fact("prior_sha256", "Digest of its weights (SHA-256)", prior.get("weights_sha256"))


def _prior_words(config: dict[str, Any], manifest: dict[str, Any]) -> Iterator[str]:
    if manifest.get("extra", {}).get("prior"):
        yield (
            "One more linear expert reads what the expression prior says: a network that was "
            "trained on FER-2013, never on these faces."
        )
    elif config.get("prior") == "on":
        yield (
            "The expression prior was tried as one more expert; the mixture gave it no weight, so "
            "the model doesn’t hold it."
        )


def _place(setting: tuple[str, Any]) -> tuple[int, str]:
    """Tell where a setting stands: in the order of LABELS, unknown ones last."""
    names = list(LABELS)
    return (names.index(setting[0]) if setting[0] in names else len(names), setting[0])


def recipe_words(config: dict[str, Any]) -> Iterator[str]:
    """Yield in sentences how a model was built and fitted; nothing where the values don't fit.

    >>> for sentence in recipe_words({"recipe": "published"}): print(sentence)
    VGG16, trained on ImageNet and frozen, turns the face into features: its last block averaged.
    One dense layer of 160 units answers; every threshold is 0.5, nothing is calibrated.
    """
    try:
        values = TrainingConfig.from_json(config)
    except ConfigError:
        return
    recipe = RECIPES[values.recipe]
    trunk = TRUNKS[values.trunk].application
    blocks = "its middle and last block" if len(recipe.taps) > 1 else "its last block averaged"
    yield f"{trunk}, trained on ImageNet and frozen, turns the face into features: {blocks}."
    if not recipe.ensemble:
        yield (
            f"One dense layer of {values.dense_units} units answers; every threshold is 0.5, "
            "nothing is calibrated."
        )
        return
    seen = " and the landmarks" if recipe.geometry else ""
    yield (
        f"In each of {values.folds} folds by subject, dense heads ({values.dense_units} units) "
        f"read these features{seen}; they are mixed with linear experts."
    )
    if recipe.compares:
        yield (
            "A face whose neutral frame is known, or else the median of enough of its subject's "
            "faces, is read by what differs from that, too."
        )
    yield (
        "Weights of the mixture, calibration and thresholds were chosen on readings of faces whose "
        "subjects the reading parts had never seen."
    )


def _experts(manifest: dict[str, Any]) -> Iterator[Table]:
    mixture = manifest.get("extra", {}).get("mixture", {})
    named = (
        ("experts", "Experts", mixture),
        (
            "experts_compared",
            "Experts where a face is compared with its neutral frame",
            mixture.get("compared") or {},
        ),
    )
    for name, title, weights in named:
        emotion, units = weights.get("emotion_weights", {}), weights.get("unit_weights", {})
        if len(emotion) > 1:
            rows = tuple((each, emotion[each], units.get(each, 0)) for each in sorted(emotion))
            yield Table(name, title, _WEIGHTS, rows)


_WEIGHTS = (
    Column("expert", "Expert"),
    Column("emotion", "Weight for emotions", Form.PERCENT),
    Column("units", "Weight for action units", Form.PERCENT),
)


def _thresholds(manifest: dict[str, Any]) -> Section:
    found = manifest.get("thresholds", {})
    rows = tuple((f"AU{au}", found[au]) for au in sorted(found, key=int))
    columns = (Column("unit", "Action unit"), Column("threshold", "Threshold", Form.SCORE))
    tables = (Table("thresholds", "Present from", columns, rows),) if rows else ()
    says = (
        "An action unit is called present where its probability reaches its threshold; the emotion "
        "is the likeliest.",
    )
    return Section("thresholds", "Thresholds", says, tables=tables)


def _libraries(manifest: dict[str, Any]) -> Section:
    rows = tuple(sorted(manifest.get("libraries", {}).items()))
    columns = (Column("library", "Library"), Column("version", "Version"))
    tables = (Table("libraries", "As they were at its training", columns, rows),) if rows else ()
    return Section("libraries", "Libraries", tables=tables)
