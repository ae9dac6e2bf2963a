"""Building a data sheet, section by section as in Gebru et al. (2021). No Django."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from training.cards import wording
from training.cards.concerns import culture, group_tables, labelling, privacy
from training.cards.document import Column, Document, Fact, Form, Note, Section, Table, Value
from training.cards.source import SheetSource
from training.cards.uses import misuses_of_data
from training.ml.data_facts import DataFacts, Pictures

_REFERENCES = (
    wording.GEBRU, wording.BARRETT, wording.AI_ACT, wording.JACK, wording.LUCEY,
    wording.NORTHCUTT, wording.SWEENEY,
)  # fmt: skip


def datasheet(source: SheetSource, notes: tuple[Note, ...] = ()) -> Document:
    """Build the data sheet of what a training learnt from.

    Parameters
    ----------
    source
        The records of the training, its data and the models made of them.
    notes
        What people added.
    """
    run, data = source.training, source.training.data
    lead = "What this training learnt from: its faces, its labels, and what nobody knows of them."
    return Document(
        kind="datasheet",
        title=f"Data sheet: training run {run.number}",
        lead=lead,
        sections=(
            _motivation(source),
            _composition(source, data),
            _collection(data),
            _labelled(source, data),
            _uses(source, data),
            _distribution(data),
            _maintenance(source),
        ),
        references=_REFERENCES,
        notes=notes,
    )


def _motivation(source: SheetSource) -> Section:
    return Section(
        "motivation",
        "Motivation",
        ("The ground truth of this installation, frozen to train and judge a model.",),
        (
            Fact("asked_by", "Training asked for by", source.training.asked_by),
            Fact("created_by", "Data set made by", None),
            Fact("funded_by", "Funded by", None),
        ),
    )


def _composition(source: SheetSource, data: DataFacts | None) -> Section:
    run = source.training
    pictures = data.pictures if data else None
    modes = pictures.colour_modes if pictures else {}
    facts = (
        Fact("instances", "One instance is", "one picture of one subject’s face, with one coding"),
        Fact("faces", "Faces", data.faces if data else None, Form.COUNT),
        Fact("subjects", "Subjects", data.subjects if data else None, Form.COUNT),
        Fact("sequences", "Recordings", pictures.sequences if pictures else None, Form.COUNT),
        Fact("neutral", "Neutral frames of these subjects", pictures.neutral if pictures else None,
             Form.COUNT),
        *(Fact(f"mode_{mode}", f"Pictures in {'colour' if mode == 'rgb' else mode}", count,
               Form.COUNT) for mode, count in sorted(modes.items())),
        Fact("sides", "Sides of the pictures", _sides(pictures)),
        Fact("dataset_sha256", "Digest of pictures and labels (SHA-256)", run.dataset_sha256),
        Fact("snapshot_sha256", "Digest of the snapshot (SHA-256)", run.snapshot_sha256),
    )  # fmt: skip
    says = (
        "Several faces are of one subject, so training, folds and intervals are by subject.",
        "A unit that nobody coded is neither present nor absent, and counts for nothing.",
    )
    tables = (*_label_tables(data), *group_tables(data)) if data else ()
    return Section("composition", "Composition", says, facts, tables)


def _sides(pictures: Pictures | None) -> str | None:
    if pictures is None or not pictures.smallest or not pictures.largest:
        return None
    return f"{pictures.smallest:,} to {pictures.largest:,} pixels"


def _label_tables(data: DataFacts) -> Iterator[Table]:
    doubts = data.labelling.units if data.labelling else {}
    columns: tuple[Column, ...] = (
        Column("name", "Label"),
        Column("present", "Present on", Form.COUNT),
        Column("subjects", "Of subjects", Form.COUNT),
        Column("absent", "Absent on", Form.COUNT),
        Column("not_coded", "Not coded on", Form.COUNT),
    )
    rows: tuple[tuple[Value, ...], ...] = tuple(
        (name, each.present, each.subjects, each.absent, data.faces - each.present - each.absent)
        for name, each in data.emotions.items()
    )
    yield Table("emotions", "Emotions", columns, rows)
    columns = (*columns, Column("doubted", "In doubt", Form.COUNT))
    rows = tuple(
        (
            f"AU{au}",
            each.present,
            each.subjects,
            each.absent,
            data.faces - each.present - each.absent,
            doubts[au].doubted if au in doubts else None,
        )
        for au, each in data.units.items()
    )
    yield Table("action_units", "Action units", columns, rows)


def _collection(data: DataFacts | None) -> Section:
    pictures = data.pictures if data else None
    first = _moment(pictures.first) if pictures else None
    last = _moment(pictures.last) if pictures else None
    return Section(
        "collection_process",
        "Collection Process",
        facts=(
            Fact("first", "First picture came in", first, Form.MOMENT),
            Fact("last", "Last picture came in", last, Form.MOMENT),
            Fact("drawn", "Drawings of nobody", pictures.drawn if pictures else None, Form.COUNT),
            Fact("recorded_by", "Recorded by", None),
            Fact("paid", "What subjects were paid", None),
            Fact("review", "Ethical review", None),
        ),
        sections=(privacy(data), culture(data)),
    )


def _moment(text: str) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def _labelled(source: SheetSource, data: DataFacts | None) -> Section:
    return Section(
        "preprocessing_cleaning_labeling",
        "Preprocessing, Cleaning, Labeling",
        (
            "Pictures are kept as they came; what a model sees of them is made anew each time.",
            "Nothing is overwritten: every coding that was replaced is still there.",
        ),
        sections=(labelling(data, source.tells_agreement),),
    )


def _uses(source: SheetSource, data: DataFacts | None) -> Section:
    models = ", ".join(source.models) or None
    misuse = (*misuses_of_data(data), *wording.IS_NOT_FOR)
    return Section(
        "uses",
        "Uses",
        facts=(Fact("models", "Models made of it", models),),
        sections=(Section("misuse", "Not for", misuse),),
    )


def _distribution(data: DataFacts | None) -> Section:
    told = data.privacy if data else None
    return Section(
        "distribution",
        "Distribution",
        facts=(
            Fact("exports", "Exports with pictures", told.exports if told else None, Form.COUNT),
            Fact("exports_unprotected", "Of these, neither anonymous nor de-identified",
                 told.exports_unprotected if told else None, Form.COUNT),
            Fact("licence", "Licence", None),
            Fact("terms", "Terms of the source", None),
        ),
    )  # fmt: skip


def _maintenance(source: SheetSource) -> Section:
    run = source.training
    counted = _moment(run.data.counted_at) if run.data else None
    return Section(
        "maintenance",
        "Maintenance",
        (
            "This sheet is of the data as the training read them. Corrections go into the ground "
            "truth, and into the next training’s sheet.",
        ),
        (
            Fact("counted_at", "Counted", counted, Form.MOMENT),
            Fact("admins", "People who look after it (admins)", source.admins, Form.COUNT),
            Fact("contact", "Contact", None),
        ),
    )
