"""Uses and misuses of a model, by its own data. No Django."""

from __future__ import annotations

from collections.abc import Iterator

from annotations.measures.groups import DIMENSIONS
from annotations.measures.support import FEWEST_TO_TRUST
from training.cards.document import Section
from training.cards.source import CardSource
from training.cards.wording import IS_FOR, IS_NOT_FOR, POSED_SOURCE
from training.ml.data_facts import DataFacts
from training.ml.metrics import Metrics, SplitFigures


def intended_use(source: CardSource) -> Section:
    """Return the section "Intended Use": use, then misuse."""
    return Section(
        "intended_use",
        "Intended Use",
        sections=(
            Section("use", "For", IS_FOR),
            Section("misuse", "Not for", tuple(misuses(source))),
        ),
    )


def misuses(source: CardSource) -> Iterator[str]:
    """Yield what the model must not be used for: by its data and figures first, then in general."""
    yield from misuses_of_data(source.data)
    yield from _by_figures(source.metrics)
    yield from IS_NOT_FOR


def misuses_of_data(data: DataFacts | None) -> Iterator[str]:
    """Yield what nobody should conclude from such data."""
    if data is None:
        return
    yield from _by_pictures(data)
    sources = data.labelling.sources if data.labelling else ()
    posed = sum(each.faces for each in sources if each.name == POSED_SOURCE)
    if posed:
        yield (
            f"Not for spontaneous expressions: the labels of {posed:,} of {data.faces:,} faces "
            f"came in as {POSED_SOURCE}, whose expressions were posed (Lucey et al. 2010)."
        )
    for dimension, groups in data.groups.items():
        if len(groups) == 1:
            yield (
                f"Not for other people than these: all subjects have the same "
                f"{DIMENSIONS.get(dimension, dimension)} ({groups[0].group})."
            )


def _by_pictures(data: DataFacts) -> Iterator[str]:
    pictures = data.pictures
    if pictures is None:
        return
    if pictures.drawn:
        all_drawn = pictures.drawn == data.faces
        use = "Not for real faces" if all_drawn else "Not for real faces without a test of its own"
        yield (
            f"{use}: {pictures.drawn:,} of the {data.faces:,} pictures are drawings of nobody, "
            "made by the demo’s generator."
        )
    if len(pictures.colour_modes) == 1:
        (mode,) = pictures.colour_modes
        other = "colour" if mode == "greyscale" else "greyscale"
        yield f"Not tried on {other} pictures: all {data.faces:,} are {mode}."


def _by_figures(metrics: Metrics) -> Iterator[str]:
    below = [flag.subject for flag in metrics.flags or () if flag.kind == "below_baseline"]
    if below:
        yield (
            f"Not for {', '.join(below)}: read worse than by always saying so (see Quantitative "
            "Analyses)."
        )
    few = _too_few(metrics.test) if metrics.test else []
    if few:
        yield (
            f"Not for {', '.join(few)} without more data: fewer than {FEWEST_TO_TRUST} test faces "
            "show it, so nobody knows how well it is read."
        )


def _too_few(test: SplitFigures) -> list[str]:
    emotions = test.emotion.per_class.items() if test.emotion else ()
    units = test.action_units.per_au.items() if test.action_units else ()
    return [
        *(name for name, row in emotions if row.support < FEWEST_TO_TRUST),
        *(f"AU{au}" for au, row in sorted(units) if row.support < FEWEST_TO_TRUST),
    ]
