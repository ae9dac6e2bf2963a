"""The five concerns of this field, in a model's own numbers. No Django.

Privacy, culture, representation, labelling and security: each section gives what the records know
of this model's data, and says what none knows.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime

from annotations.measures.groups import DIMENSIONS, NOT_RECORDED
from training.cards.document import (
    TOO_FEW,
    Column,
    Counted,
    Fact,
    Figure,
    Form,
    Section,
    Share,
    Table,
)
from training.cards.source import CardSource, ModelRecord
from training.ml.data_facts import Agreement, DataFacts, GroupCount, Labelling

#: Of two coders, agreement tells each about the other (annotations/agreement/permissions.py).
_WITHHELD = Figure(note="for reviewers and admins")
_NOT_COUNTED = "The facts of its data were not recorded when it was trained."


def ethical_considerations(source: CardSource) -> Section:
    """Return the section "Ethical Considerations"."""
    data = source.data
    return Section(
        "ethical_considerations",
        "Ethical Considerations",
        () if data else (_NOT_COUNTED,),
        (Fact("counted_at", "Data counted", _moment(data), Form.MOMENT),),
        sections=(
            privacy(data),
            culture(data),
            representation(data),
            labelling(data, source.tells_agreement),
            _security(source),
        ),
    )


def _moment(data: DataFacts | None) -> datetime | None:
    return datetime.fromisoformat(data.counted_at) if data and data.counted_at else None


def privacy(data: DataFacts | None) -> Section:
    """Return who is on the pictures, who may see them, and what is known of consent."""
    told = data.privacy if data else None
    roles = told.roles if told else {}
    drawn = data.pictures.drawn if data and data.pictures else None
    says = ["A picture is never public: each request for one is checked for the person’s role."]
    if data and drawn == data.faces:
        says.insert(
            0, f"All {drawn:,} pictures are drawings: nobody’s privacy is at stake in them."
        )
    facts = (
        Fact("subjects", "Subjects", data.subjects if data else None, Form.COUNT),
        Fact("faces", "Pictures of them", data.faces if data else None, Form.COUNT),
        Fact("drawn", "Of these, drawings of nobody", drawn, Form.COUNT),
        Fact("consent", "Subjects whose consent is on record", None),
        Fact("publication", "Subjects whose pictures may be published", None),
        Fact("storage", "Pictures are kept on", told.storage if told else None),
        Fact("may_see", "People who could see them", sum(roles.values()) if told else None,
             Form.COUNT),
        Fact("people_shown", "People who opened faces", told.people_shown if told else None,
             Form.COUNT),
        Fact("looks", "Faces that they were shown with others’ readings",
             told.looks if told else None, Form.COUNT),
        Fact("exports", "Exports with pictures", told.exports if told else None, Form.COUNT),
        Fact("exports_unprotected", "Of these, neither anonymous nor de-identified",
             told.exports_unprotected if told else None, Form.COUNT),
        Fact("alone", "Combinations of tags that a single subject has (Sweeney 2002)",
             Share(data.alone, data.combinations) if data else None),
    )  # fmt: skip
    return Section("privacy", "Privacy", tuple(says), facts)


def culture(data: DataFacts | None) -> Section:
    """Return what is known of where subjects and coders come from."""
    groups = data.groups.get("ethnicity", ()) if data else ()
    known = [each for each in groups if each.group != NOT_RECORDED]
    largest = max(known, key=lambda each: each.subjects, default=None)
    recorded = sum(each.subjects for each in known)
    return Section(
        "culture",
        "Culture",
        (
            "Faces are read differently in different cultures (Jack et al. 2012); three classes of "
            "emotion are a convention of the labels.",
        ),
        (
            Fact("ethnicity_recorded", "Subjects whose ethnicity is recorded",
                 Share(recorded, data.subjects) if data else None),
            Fact("ethnicities", "Ethnicities", len(known) if data else None, Form.COUNT),
            Fact("largest", "The largest", _largest(largest, recorded) if largest else None),
            Fact("subjects_culture", "Country and language of subjects", None),
            Fact("coders_culture", "Country and language of coders", None),
        ),
    )  # fmt: skip


def _largest(group: GroupCount, recorded: int) -> str:
    share = 100 * group.subjects / recorded
    return f"{group.group}: {group.subjects:,} of {recorded:,} subjects ({share:.0f} %)"


def representation(data: DataFacts | None) -> Section:
    """Return how many of whom there are, the smallest group and the rarest class and unit first."""
    facts: list[Fact] = []
    tables: list[Table] = []
    if data:
        facts += _smallest(data)
        facts += _rarest(data)
        tables += group_tables(data)
    return Section("representation", "Representation", facts=tuple(facts), tables=tuple(tables))


def _smallest(data: DataFacts) -> Iterator[Fact]:
    for dimension, groups in data.groups.items():
        name = DIMENSIONS.get(dimension, dimension)
        known = [each for each in groups if each.group != NOT_RECORDED]
        unknown = sum(each.subjects for each in groups if each.group == NOT_RECORDED)
        least = min(known, key=lambda each: each.subjects, default=None)
        value = Counted(least.group, least.faces, least.subjects) if least else None
        yield Fact(f"smallest_{dimension}", f"Smallest group by {name}", value)
        text = Share(unknown, data.subjects)
        yield Fact(f"unknown_{dimension}", f"Subjects without a recorded {name}", text)


def _rarest(data: DataFacts) -> Iterator[Fact]:
    for key, label, counts in (
        ("emotion", "Rarest emotion", dict(data.emotions)),
        ("unit", "Rarest action unit", {f"AU{au}": each for au, each in data.units.items()}),
    ):
        if counts:
            name = min(counts, key=lambda each: counts[each].present)
            value = Counted(name, counts[name].present, counts[name].subjects)
            yield Fact(f"rarest_{key}", label, value)


def group_tables(data: DataFacts) -> Iterator[Table]:
    """Yield a table of faces and subjects for each dimension of groups."""
    columns = (
        Column("group", "Group"),
        Column("subjects", "Subjects", Form.COUNT),
        Column("subjects_share", "Share of subjects", Form.PERCENT),
        Column("faces", "Faces", Form.COUNT),
        Column("faces_share", "Share of faces", Form.PERCENT),
    )
    for dimension, groups in data.groups.items():
        rows = tuple(
            (each.group, each.subjects, each.subjects / (data.subjects or 1), each.faces,
             each.faces / (data.faces or 1))
            for each in groups
        )  # fmt: skip
        title = DIMENSIONS.get(dimension, dimension).capitalize()
        yield Table(f"groups_{dimension}", title, columns, rows)


def labelling(data: DataFacts | None, tells_agreement: bool) -> Section:
    """Return who labelled, who checked, how far they agree, and what is doubtful."""
    told = data.labelling if data else None
    facts = tuple(_labelling_facts(told, data.faces, tells_agreement)) if data and told else ()
    says = (
        "A label is what coders said, not what is true; doubts are by the model’s own out-of-fold "
        "readings (Northcutt et al. 2021).",
    )
    return Section("labelling", "Labelling", says, facts)


def _labelling_facts(told: Labelling, faces: int, tells_agreement: bool) -> Iterator[Fact]:
    yield Fact("sources", "Labels by", ", ".join(_sources(told)) or None)
    yield Fact("by_people", "Labels given by people here", Share(told.by_people, faces))
    yield Fact("confirmed", "Imported labels that a person kept", Share(told.confirmed, faces))
    yield Fact("adjudicated", "Adjudicated", Share(told.adjudicated, faces))
    yield Fact("several", "Coded by two coders or more", Share(told.several, faces))
    yield Fact("by_two_people", "Coded by two people or more", Share(told.by_two_people, faces))
    yield Fact("blind", "Codings given blind", told.blind, Form.COUNT)
    for fact in _agreement(told):
        yield fact if tells_agreement else replace(fact, value=_WITHHELD)
    if told.emotion:
        value = Share(told.emotion.doubted, told.emotion.judged)
        yield Fact("doubted_emotions", "Emotion labels in doubt", value)
    if told.units:
        doubted = sum(each.doubted for each in told.units.values())
        judged = sum(each.judged for each in told.units.values())
        yield Fact("doubted_units", "Action unit labels in doubt", Share(doubted, judged))
    yield Fact("flagged", "Faces with an open flag", Share(told.flagged, faces))


def _agreement(told: Labelling) -> Iterator[Fact]:
    differing = Share(told.differing, told.several) if told.several else "no face was coded twice"
    yield Fact("differing", "Of those by several, coders differ on", differing)
    for name in ("action units", "emotion"):
        found = next((each for each in told.agreement if each.name == name), None)
        key = name.replace(" ", "_")
        yield Fact(f"kappa_{key}", f"People’s agreement on {name} (Cohen’s κ)", _kappa(found))


def _kappa(found: Agreement | None) -> Figure:
    if found is None or found.kappa is None:
        return Figure(note=TOO_FEW)
    return Figure(found.kappa.value, found.kappa.low, found.kappa.high)


def _sources(told: Labelling) -> Iterator[str]:
    for each in told.sources:
        people = "1 person" if each.coders == 1 else f"{each.coders:,} people"
        name = f"the import “{each.name}”" if each.kind == "import" else people
        yield f"{name} ({each.faces:,} faces)"


def _security(source: CardSource) -> Section:
    model = source.model
    return Section(
        "security",
        "Security",
        (
            "A worker checks the digests of manifest, network and readings each time that it loads "
            "the model; a file that was changed is refused.",
            "A version is never changed: another training is another version.",
        ),
        tuple(_security_facts(model)),
    )


def _security_facts(model: ModelRecord) -> Iterator[Fact]:
    yield Fact("sha256", "Digest of the artefact (SHA-256)", model.sha256)
    network = model.manifest.get("network_sha256")
    yield Fact("network_sha256", "Digest of the network (SHA-256)", network)
    yield Fact("files", "The artefact’s files", model.files)
    yield Fact("may_promote", "People who may promote it (admins)", model.admins, Form.COUNT)
    yield Fact("promoted", "Times that it became the champion", len(model.promotions), Form.COUNT)
