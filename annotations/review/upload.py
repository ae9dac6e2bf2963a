"""Pictures uploaded through the API, one or many, with their labels: each is all or nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

from django.contrib.auth.models import User
from django.db import IntegrityError

from annotations.codings.reading import Reading
from annotations.faces.images import FaceImage
from annotations.faces.known import known_faces
from annotations.faces.rollback import files_with_rows
from annotations.faces.services import (
    Place,
    add_face,
    add_new_faces,
    check_image,
    get_or_add_subject,
    keep_source_name,
)
from annotations.faces.storage import synced_together
from annotations.models import Face, Subject
from annotations.review.context import ReviewContext, Statement
from annotations.review.decisions import correct
from annotations.review.permissions import upload_policy
from facsweb.problems import Problem

#: Pillow and hashlib let go of the interpreter, so two decode side by side.
_DECODERS = 2


@dataclass(frozen=True)
class Picture:
    """An uploaded file and what its sender says of it."""

    data: bytes
    subject: str
    demographics: Mapping[str, str] = field(default_factory=dict)
    sequence: str = ""
    frame: int | None = None
    reading: Reading | None = None
    #: What its sender calls the file.
    name: str = ""


def picture_of(data: bytes, values: Mapping[str, Any], name: str = "") -> Picture:
    """Build a picture from a request's file, values and file name, and check what is said of it."""
    emotion, scores = values.get("emotion", ""), values.get("action_units", {})
    return Picture(
        data,
        subject=values["subject"],
        demographics={name: values.get(name, "") for name in ("gender", "age_group", "ethnicity")},
        sequence=values["sequence"],
        frame=values["frame"],
        reading=Reading(emotion, scores) if emotion or scores else None,
        name=name,
    )


@dataclass(frozen=True)
class Upload:
    face: Face
    created: bool
    #: What `then` answered: the id of the inference run that was asked for, if any.
    inference_run: int | None = None


Asking = Callable[[list[Face]], int | None]


def upload_face(user: User, picture: Picture, *, then: Asking | None = None) -> Upload:
    """Store an image with its label. The same image again changes nothing.

    The label becomes the truth where `user` may decide, else a proposal. A failure in the label or
    in `then` leaves neither rows nor files.
    """
    (outcome,), run = upload_faces(user, [picture], then=then)
    if isinstance(outcome, Problem):
        raise outcome
    return Upload(outcome.face, outcome.created, run)


def upload_faces(
    user: User, pictures: Sequence[Picture | Problem], *, then: Asking | None = None
) -> tuple[list[Upload | Problem], int | None]:
    """Store what can be stored; return for each picture its upload, or why it was refused.

    `then` is called once with the faces that were created; its answer is the second value. A
    picture that is an error already stays one.
    """
    upload_policy.check(user, "faces")
    images = _all_checked(pictures)
    fit = [image for image in images if isinstance(image, FaceImage)]
    digests = [digest for image in fit for digest in (image.sha256, image.stored_sha256)]
    written: list[Face] = []
    with files_with_rows():
        here = _Here.of(pictures, digests)
        order = _lock_order(pictures, images)
        with synced_together():
            outcomes = _stored_at_once(user, pictures, images, here, order)
            written += [
                outcome.face for outcome in outcomes.values() if isinstance(outcome, Upload)
            ]
            for place in order:
                if place in outcomes:
                    continue
                outcomes[place] = _stored(user, pictures[place], images[place], here, written)
        written.sort(key=lambda face: face.pk)
        answers = [outcomes[place] for place in range(len(pictures))]
        return answers, then(written) if then and written else None


@dataclass(frozen=True)
class _Here:
    """The part of a batch that is in the database: faces by digest, subjects by code."""

    faces: dict[str, Face]
    subjects: dict[str, Subject]

    @classmethod
    def of(cls, pictures: Sequence[Picture | Problem], digests: list[str]) -> _Here:
        codes = {picture.subject for picture in pictures if isinstance(picture, Picture)}
        return cls(
            known_faces(digests),
            {subject.code: subject for subject in Subject.objects.filter(code__in=codes)},
        )

    def face_of(self, image: FaceImage) -> Face | None:
        return self.faces.get(image.sha256) or self.faces.get(image.stored_sha256)


def _stored_at_once(
    user: User,
    pictures: Sequence[Picture | Problem],
    images: Sequence[FaceImage | Problem],
    here: _Here,
    order: Sequence[int],
) -> dict[int, Upload | Problem]:
    """Store the pictures that are new and unlabelled by one statement, where nothing is wrong.

    Returns the uploads by place; none where one of them can't be stored: stored one by one, each
    then tells what is wrong with it.
    """
    places = _new_and_plain(pictures, images, here, order)
    if len(places) < 2:
        return {}
    people = dict(here.subjects)
    new = []
    try:
        with files_with_rows():
            for number in places:
                picture, image = pictures[number], images[number]
                assert isinstance(picture, Picture)  # as all of `places`
                assert isinstance(image, FaceImage)
                known = people.get(picture.subject)
                person = get_or_add_subject(picture.subject, known=known, **picture.demographics)
                people[picture.subject] = person
                new.append((image, Place(person, picture.sequence, picture.frame), picture.name))
            faces = add_new_faces(new, user)
    except (Problem, IntegrityError):
        here.subjects.clear()  # tags that they were given are rolled back
        return {}
    here.subjects.update(people)
    for face, (image, _, _) in zip(faces, new, strict=True):
        here.faces[image.sha256] = here.faces[image.stored_sha256] = face
    return {number: Upload(face, True) for number, face in zip(places, faces, strict=True)}


def _new_and_plain(
    pictures: Sequence[Picture | Problem],
    images: Sequence[FaceImage | Problem],
    here: _Here,
    order: Sequence[int],
) -> list[int]:
    """Return the places of pictures that seem new, are sent once and come without a label."""
    places: list[int] = []
    seen: set[str] = set()
    for number in order:
        picture, image = pictures[number], images[number]
        if not isinstance(picture, Picture) or not isinstance(image, FaceImage):
            continue
        digests = {image.sha256, image.stored_sha256}
        if picture.reading is None and here.face_of(image) is None and not digests & seen:
            places.append(number)
        seen |= digests
    return places


def _all_checked(
    pictures: Sequence[Picture | Problem],
) -> list[FaceImage | Problem]:
    """Check the images, before the transaction: on SQLite that holds the only write lock."""
    if len(pictures) == 1:
        return [_checked(pictures[0])]
    with ThreadPoolExecutor(_DECODERS) as decoders:
        return list(decoders.map(_checked, pictures))


def _lock_order(
    pictures: Sequence[Picture | Problem], images: Sequence[FaceImage | Problem]
) -> list[int]:
    """Order the pictures by subject, else as sent.

    So two requests that bring in the same new subjects wait for each other in one order only, and
    never in a ring.
    """
    fit = [place for place, image in enumerate(images) if isinstance(image, FaceImage)]
    subjects = {n: each.subject for n, each in enumerate(pictures) if isinstance(each, Picture)}
    fit.sort(key=subjects.__getitem__)
    return fit + [place for place in range(len(images)) if place not in set(fit)]


def _checked(picture: Picture | Problem) -> FaceImage | Problem:
    if isinstance(picture, Problem):
        return picture
    try:
        return check_image(picture.data)
    except Problem as error:
        return error


def _stored(
    user: User,
    picture: Picture | Problem,
    image: FaceImage | Problem,
    here: _Here,
    written: list[Face],
) -> Upload | Problem:
    if isinstance(image, Problem):
        return image
    assert isinstance(picture, Picture)  # else its image were a Problem too
    if known_face := here.face_of(image):
        keep_source_name(known_face, picture.name)
        return Upload(known_face, created=False)
    try:
        with files_with_rows():
            known = here.subjects.get(picture.subject)
            person = get_or_add_subject(picture.subject, known=known, **picture.demographics)
            place = Place(person, picture.sequence, picture.frame)
            face, created = add_face(
                image, place, source_name=picture.name, user=user, seems_new=True
            )
            if created and picture.reading is not None:
                context = ReviewContext(face, user, seen=None, origin="API")
                correct(context, Statement(picture.reading))
    except Problem as error:
        here.subjects.pop(picture.subject, None)  # tags that it was given are rolled back
        return error
    if created:  # else another request was quicker with the same image
        written.append(face)
    here.faces[image.sha256] = here.faces[image.stored_sha256] = face
    here.subjects[picture.subject] = person
    return Upload(face, created)
