"""Up to 100 pictures, or 1,000 labels or predictions, in one request.

Each item is created, unchanged or refused by itself, and the answer says which and why.
"""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Callable, Iterable
from typing import Any

from django.conf import settings
from django.contrib.auth.models import User
from django.core.files.uploadedfile import UploadedFile
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, viewsets
from rest_framework.decorators import action
from rest_framework.response import Response

from annotations.api.serializers_in import (
    BatchSerializer,
    LabelBatchSerializer,
    LabelOfFaceSerializer,
    PictureFields,
    PredictionBatchSchema,
    PredictionBatchSerializer,
    PredictionSerializer,
    UploadBatchSerializer,
)
from annotations.api.serializers_out import (
    LabelBatchAnswerSerializer,
    UploadBatchAnswerSerializer,
)
from annotations.codings.services import Provenance
from annotations.formats.personal import warnings_of
from annotations.formats.readers.paths import FRAME_NAME
from annotations.models import Coding, Face
from annotations.queues.assignments import own_assignment
from annotations.review.labels import label_face, label_of, outside_model, record_prediction
from annotations.review.permissions import upload_policy
from annotations.review.upload import Picture, Upload, picture_of, upload_faces
from annotations.visibility import WHY_NOT_YET, hides_anything, is_blind_to, visible_faces
from facsweb.problems import Forbidden, Missing, Problem
from facsweb.rest.error_schema import errors
from facsweb.rest.errors import answer_to
from facsweb.rest.idempotency import answered_once, key_of
from facsweb.rest.limits import LimitedBody
from facsweb.rest.parameters import IDEMPOTENCY_KEY
from facsweb.rest.parsers import PARSERS
from facsweb.rest.requests import ApiRequest

Json = dict[str, Any]


class BatchUpload:
    """The action `faces/batch/` of a viewset that has `ask_for_predictions`."""

    request: Any  # the viewset's
    ask_for_predictions: Callable[[list[Face], bool | None], int | None]

    @extend_schema(
        parameters=[IDEMPOTENCY_KEY],
        request={"multipart/form-data": UploadBatchSerializer},
        responses={200: UploadBatchAnswerSerializer, **errors(400, 409, 413, 415, 422)},
    )
    @action(detail=False, methods=["post"])
    def batch(self, request: ApiRequest) -> Response:
        """Upload up to 100 images. Those that are known already are unchanged."""
        given = UploadBatchSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        return answered_once(request, lambda: self._upload_all(given), in_transaction=False)

    def _upload_all(self, given: UploadBatchSerializer) -> Response:
        values = given.validated_data
        files = values["images"]
        rows = values["rows"] or [{}] * len(files)
        checker = PictureFields()
        pictures = [_picture(file, row, checker) for file, row in zip(files, rows, strict=True)]
        outcomes, run = upload_faces(
            self.request.user,
            pictures,
            then=lambda faces: self.ask_for_predictions(faces, values["predict"]),
        )
        items = [
            {"file": file.name, **_uploaded(outcome, picture)}
            for file, outcome, picture in zip(files, outcomes, pictures, strict=True)
        ]
        return Response({**_counts(items), "inference_run": run, "items": items})


def _picture(file: UploadedFile, row: Any, checker: PictureFields) -> Picture | Problem:
    if (file.size or 0) > settings.FACE_MAX_BYTES:
        limit = f"{settings.FACE_MAX_BYTES:,}"
        return Problem(f"At most {limit} bytes are accepted.", {"image": ["Too large."]})
    name = FRAME_NAME.match((file.name or "").rpartition(".")[0])
    told = name.groupdict() if name else {}
    try:
        if not isinstance(row, dict):
            raise serializers.ValidationError("A row is an object.")
        values = checker.run_validation(told | row)
    except serializers.ValidationError as error:
        return answer_to(error)
    return picture_of(file.read(), values, file.name or "")


def _uploaded(outcome: Upload | Problem, picture: Picture | Problem) -> Json:
    if isinstance(outcome, Problem):
        return {"face": None, "warnings": [], **_refused(outcome)}
    assert isinstance(picture, Picture)  # else its outcome were a Problem too
    warnings = warnings_of(picture.subject, picture.name) if outcome.created else []
    return {"face": outcome.face.pk, "warnings": warnings, **_taken(outcome.created)}


class BatchLabels:
    """The action `codings/batch/`."""

    @extend_schema(
        parameters=[IDEMPOTENCY_KEY],
        request=LabelBatchSerializer,
        responses={200: LabelBatchAnswerSerializer, **errors(400, 413, 415, 422)},
    )
    @action(detail=False, methods=["post"])
    def batch(self, request: ApiRequest) -> Response:
        """Label up to 1,000 faces. Each label is written wholly or not at all."""
        given = BatchSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        items = given.validated_data["items"]
        key = key_of(request)

        def one(index: int, face: Face, values: Json) -> tuple[Coding, bool]:
            label = label_of(values)
            # By item, so that a request that broke off half-way goes on where it was.
            name = f"facsweb:{request.user.pk}:{key}:{index}"
            request_id = uuid.uuid5(uuid.NAMESPACE_URL, name) if key else None
            task = own_assignment(request.user, face, values["assignment"])
            return label_face(face, request.user, label, assignment=task, request_id=request_id)

        def work() -> Response:
            return _each(request.user, items, LabelOfFaceSerializer, one)

        return answered_once(request, work, in_transaction=False)


class PredictionViewSet(LimitedBody, viewsets.GenericViewSet[Coding]):
    """Readings of models that aren't ours."""

    queryset = Coding.objects.none()
    parser_classes = PARSERS
    scopes = {"batch": "upload"}
    for_whom = {"batch": (upload_policy, "predictions")}

    @extend_schema(
        parameters=[IDEMPOTENCY_KEY],
        request=PredictionBatchSchema,
        responses={200: LabelBatchAnswerSerializer, **errors(400, 413, 415, 422)},
    )
    @action(detail=False, methods=["post"])
    def batch(self, request: ApiRequest) -> Response:
        """Send another model's predictions of up to 1,000 faces. For reviewers and admins.

        They become codings of a coder of kind `model`. A version says one thing of a face, so
        another reading needs another version's name.
        """
        given = PredictionBatchSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        coder = outside_model(given.validated_data["model"], request.user)
        is_blind = hides_anything(request.user)

        def one(index: int, face: Face, values: Json) -> tuple[Coding, bool]:
            # A refusal would tell what that model has said already.
            if is_blind and is_blind_to(request.user, face):
                raise Forbidden(WHY_NOT_YET)
            prediction = PredictionSerializer.reading_of(values)
            return record_prediction(face, coder, prediction, Provenance("API"))

        def work() -> Response:
            items = given.validated_data["items"]
            return _each(request.user, items, PredictionSerializer, one)

        return answered_once(request, work, in_transaction=False)


def _each(
    user: User,
    items: Iterable[Json],
    shape: type[serializers.Serializer[Any]],
    one: Callable[[int, Face, Json], tuple[Coding, bool]],
) -> Response:
    """Carry each item out by `one`, and answer with the outcome of each."""
    checker = shape()  # one for all: making one takes longer than its checks
    checked = [_checked(item, checker) for item in items]
    wanted = {values["face"] for values in checked if isinstance(values, dict)}
    faces = visible_faces(user).in_bulk(wanted)
    answers = []
    for index, values in enumerate(checked):
        answer: Json = {"index": index, "face": None, "coding": None}
        try:
            if isinstance(values, Problem):
                raise values
            answer["face"] = values["face"]
            if values["face"] not in faces:
                raise Missing(f"There is no face {values['face']}.")
            coding, created = one(index, faces[values["face"]], values)
            answer |= {"coding": coding.pk, **_taken(created)}
        except Problem as error:
            answer |= _refused(error)
        answers.append(answer)
    return Response({**_counts(answers), "items": answers})


def _checked(item: Json, checker: serializers.Serializer[Any]) -> Json | Problem:
    try:
        values: Json = checker.run_validation(item)
        return values
    except (serializers.ValidationError, Problem) as error:
        return answer_to(error)


def _taken(created: bool) -> Json:
    status = "created" if created else "unchanged"
    return {"status": status, "code": "", "detail": "", "fields": {}}


def _refused(error: Problem) -> Json:
    return {
        "status": "refused",
        "code": error.code,
        "detail": error.detail,
        "fields": error.fields,
    }


def _counts(items: list[Json]) -> dict[str, int]:
    counts = Counter(item["status"] for item in items)
    return {name: counts[name] for name in ("created", "unchanged", "refused")}
