"""The first faces of a load test, written row by row; all others are copies of these."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import partial

import numpy as np
from django.contrib.auth.models import Group, User

from annotations.codings.services import human_coder, import_coder
from annotations.models import Coder, Coding, Face, Flag, Review, Subject
from annotations.synthetic.population import Population, sample
from facsweb.accounts.permissions import CODER
from facsweb.load_test.pictures import Picture
from facsweb.load_test.readings import Said, drawn_labels, read_by_model, read_by_people

#: The `source_name` of every face made here, by which they are known again.
MARK = "load-test"
MODEL = "load-test-model"
PEOPLE = 8
#: The people who coded neighbouring faces are the same, as somebody takes a batch at a time.
_BATCH = 50
_SUBJECTS = 900
#: Of twenty faces, how many two people have coded: the first of these are still to be decided on.
_OF, _UNDECIDED, _DOUBLE = 20, 1, 3
_FLAGGED = 200


@dataclass(frozen=True)
class Cast:
    """The coders of the faces of a load test."""

    people: list[Coder]
    imported: Coder
    model: Coder


def make_cast() -> Cast:
    """Return the coders, made when first needed: people who can't sign in, an import, a model.

    The model becomes the champion where there is none.
    """
    model, _ = Coder.objects.get_or_create(
        kind=Coder.Kind.MODEL,
        name=MODEL,
        defaults={
            "is_default": not Coder.objects.filter(is_default=True).exists(),
            "drawn_share": 1.0,
        },
    )
    role, _ = Group.objects.get_or_create(name=CODER)
    people = []
    for number in range(1, PEOPLE + 1):
        user, created = User.objects.get_or_create(username=f"load-test-{number}")
        if created:
            user.set_unusable_password()
            user.save()
            user.groups.add(role)
        people.append(human_coder(user))
    return Cast(people, import_coder("load-test"), model)


def write_block(
    faces: int, seed: int, pictures: list[Picture], when: datetime, beyond: int
) -> None:
    """Write so many faces, each with three codings, but not yet the codings' scores.

    Parameters
    ----------
    beyond
        The highest id of a face before: with the seed, it keeps digests and codes apart from those
        of an earlier call.
    """
    population = sample(seed, min(_SUBJECTS, faces), faces)
    rows = _write_faces(population, f"{seed} {beyond}", pictures, when)
    labels, draw = drawn_labels(population), np.random.default_rng([seed, 9])
    cast = make_cast()
    one, other = read_by_people(labels, draw), read_by_people(labels, draw)
    _write(
        [
            *_imported(rows, cast, labels),
            *_of_people(rows, cast, lambda at, second: (other if second else one)[at]),
            *map(partial(_coding, coder=cast.model), rows, read_by_model(labels, draw)),
        ],
        when,
    )
    _write_reviews(rows, when)
    Flag.objects.bulk_create(
        Flag(face=face, user=cast.people[0].user, comment="A flag of a load test.")
        for face in rows[::_FLAGGED]
    )


def _write_faces(
    population: Population, salt: str, pictures: list[Picture], when: datetime
) -> list[Face]:
    tag = hashlib.sha256(salt.encode()).hexdigest()[:6]
    people = Subject.objects.bulk_create(
        Subject(
            code=f"LT-{tag}-{each.code}",
            gender=each.gender,
            age_group=each.age_group,
            ethnicity=each.ethnicity,
        )
        for each in population.subjects
    )
    rows = Face.objects.bulk_create(
        (
            Face(
                subject=people[each.subject.index],
                sequence=f"{each.sequence:03d}",
                frame=each.frame,
                sha256=hashlib.sha256(f"{salt} {at}".encode()).hexdigest(),
                source_name=MARK,
                is_drawn=True,
                has_thumbnails=True,  # or else made when somebody looks
                created_at=when,
                **vars(pictures[at % len(pictures)]),
            )
            for at, each in enumerate(population.faces)
        ),
        batch_size=1000,
    )
    return sorted(rows, key=lambda face: face.pk)


def _has_two(at: int) -> bool:
    return at % _OF < _DOUBLE


def _coding(face: Face, said: Said, coder: Coder, **fields: bool) -> Coding:
    return Coding(face=face, coder=coder, coder_kind=coder.kind, **said.columns(), **fields)


def _imported(rows: list[Face], cast: Cast, labels: list[Said]) -> list[Coding]:
    """Return the imported truth of the faces that one person has coded."""
    return [
        _coding(face, labels[at], cast.imported, is_accepted=True)
        for at, face in enumerate(rows)
        if not _has_two(at)
    ]


def _of_people(rows: list[Face], cast: Cast, said: Callable[[int, bool], Said]) -> list[Coding]:
    """Return people's codings: where there are two, the first may be the truth."""
    codings = []
    for at, face in enumerate(rows):
        first = at // _BATCH % PEOPLE
        decided = _has_two(at) and at % _OF >= _UNDECIDED
        coder = cast.people[first]
        codings.append(
            _coding(face, said(at, False), coder, is_accepted=decided, is_blind=not decided)
        )
        if _has_two(at):
            second = cast.people[(first + 1 + at // (_BATCH * PEOPLE) % (PEOPLE - 1)) % PEOPLE]
            codings.append(_coding(face, said(at, True), second, is_blind=True))
    return codings


def _write(codings: list[Coding], when: datetime) -> None:
    for coding in codings:
        coding.created_at = when
    # By face, as the codings of a face that grew up in use lie near one another too.
    codings.sort(key=lambda coding: coding.face_id)
    Coding.objects.bulk_create(codings, batch_size=1000)


def _write_reviews(rows: list[Face], when: datetime) -> None:
    """Write what a person did when they coded: without it a coding of theirs has no history."""
    codings = Coding.objects.by_people().filter(face__gte=rows[0].pk).order_by("pk")
    decided, proposed = Review.Decision.CORRECT, Review.Decision.PROPOSE
    Review.objects.bulk_create(
        (
            Review(
                face_id=face,
                reviewer_id=user,
                decision=decided if accepted else proposed,
                result_id=pk,
                origin="load test",
                created_at=when,
            )
            for pk, face, user, accepted in codings.values_list(
                "pk", "face", "coder__user", "is_accepted"
            )
        ),
        batch_size=1000,
    )
