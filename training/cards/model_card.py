"""Building a model card, section by section as in Mitchell et al. (2019). No Django."""

from __future__ import annotations

from collections.abc import Iterator

from annotations.measures.groups import DIMENSIONS
from training.cards import wording
from training.cards.concerns import ethical_considerations
from training.cards.details import model_details
from training.cards.document import Column, Document, Fact, Form, Note, Section, Table
from training.cards.figures import evaluation_data, metrics_section, quantitative_analyses
from training.cards.source import CardSource
from training.cards.uses import intended_use

#: With fewer subjects than this, intervals are narrower than they say (docs/model.md).
_FEWEST_SUBJECTS = 20
_REFERENCES = (
    wording.MITCHELL, wording.BARRETT, wording.AI_ACT, wording.GUO, wording.JACK, wording.LIPTON,
    wording.LUCEY, wording.NORTHCUTT, wording.SIMONYAN, wording.SWEENEY,
)  # fmt: skip


def model_card(source: CardSource, notes: tuple[Note, ...] = ()) -> Document:
    """Build the card of a model.

    Parameters
    ----------
    source
        The records of the model and its training.
    notes
        What people added.
    """
    return Document(
        kind="model_card",
        title=f"Model card: {source.model.name}",
        lead="What this model is, for whom it works, and what nobody knows of it.",
        sections=(
            model_details(source),
            intended_use(source),
            _factors(source),
            metrics_section(),
            evaluation_data(source),
            _training_data(source),
            quantitative_analyses(source),
            ethical_considerations(source),
            _caveats(source),
        ),
        references=_REFERENCES,
        notes=notes,
    )


def _factors(source: CardSource) -> Section:
    """Return the section "Factors": by what groups, pictures and conditions figures may vary."""
    data = source.data
    pictures = data.pictures if data else None
    groups = {
        dimension: ", ".join(each.group for each in found)
        for dimension, found in (data.groups if data else {}).items()
    }
    sides = None
    if pictures and pictures.smallest and pictures.largest:
        sides = f"{pictures.smallest:,} to {pictures.largest:,} pixels"
    return Section(
        "factors",
        "Factors",
        ("Groups are judged only by tags that the data’s source recorded.",),
        (
            *(
                Fact(dimension, name.capitalize(), groups.get(dimension))
                for dimension, name in DIMENSIONS.items()
            ),
            Fact("colour_modes", "Pictures", _modes(pictures.colour_modes) if pictures else None),
            Fact("sides", "Sides of the pictures", sides),
            Fact("instrument", "Cameras", None),
            Fact("environment", "Light and place", None),
        ),
    )


def _modes(modes: dict[str, int]) -> str:
    names = {"rgb": "colour"}
    return ", ".join(f"{count:,} {names.get(mode, mode)}" for mode, count in sorted(modes.items()))


def _training_data(source: CardSource) -> Section:
    run, data = source.training, source.data
    tables: list[Table] = []
    if data:
        columns = (
            Column("name", "Label"),
            Column("present", "Present on faces", Form.COUNT),
            Column("subjects", "Of subjects", Form.COUNT),
            Column("absent", "Absent on faces", Form.COUNT),
        )
        labels = {**data.emotions, **{f"AU{au}": each for au, each in data.units.items()}}
        rows = tuple((name, e.present, e.subjects, e.absent) for name, e in labels.items())
        tables.append(Table("labels", "Labels", columns, rows))
    sheet = f"the data sheet of training run {run.number}" if run else None
    return Section(
        "training_data",
        "Training Data",
        facts=(
            Fact("faces", "Faces", data.faces if data else None, Form.COUNT),
            Fact("subjects", "Subjects", data.subjects if data else None, Form.COUNT),
            Fact("dataset_sha256", "Digest (SHA-256)", run.dataset_sha256 if run else None),
            Fact("datasheet", "More in", sheet),
        ),
        tables=tuple(tables),
    )


def _caveats(source: CardSource) -> Section:
    return Section(
        "caveats_and_recommendations", "Caveats and Recommendations", tuple(_caveat(source))
    )


def _caveat(source: CardSource) -> Iterator[str]:
    test, data = source.metrics.test, source.data
    if test and test.subjects < _FEWEST_SUBJECTS:
        yield (
            f"The figures rest on {test.subjects} subjects: intervals are narrower than they say "
            f"with fewer than {_FEWEST_SUBJECTS}."
        )
    if source.metrics.cross_validated:
        yield (
            "The figures are of the folds’ parts; the final model learnt from all faces, and was "
            "itself tried on none that it had not seen."
        )
    if data and data.pictures and data.pictures.drawn:
        yield "Figures on drawn faces show that the machinery works, not how it reads people."
    if source.withdrawn:
        many = "1 subject" if source.withdrawn == 1 else f"{source.withdrawn:,} subjects"
        yield (
            f"It learnt from {many} who withdrew since. Their pictures are gone; the network can’t "
            "unlearn them: train again without them."
        )
    doubted = data.labelling.emotion if data and data.labelling else None
    if doubted and doubted.doubted:
        yield (
            f"{doubted.doubted:,} of {doubted.judged:,} emotion labels are in doubt: look through "
            "them in a queue of suspected label errors, then train again."
        )
    warnings = [flag for flag in source.metrics.flags or () if flag.severity == "warning"]
    if warnings:
        many = "1 warning stands" if len(warnings) == 1 else f"{len(warnings)} warnings stand"
        yield f"{many} above, under Flags: read before any single figure."
    yield "On other people, cameras or light than these, measure anew before relying on a figure."
