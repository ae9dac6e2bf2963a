"""Faces over HTTP: upload, label, read."""

from __future__ import annotations

from typing import Any, cast

from django.http import HttpResponseBase
from django.shortcuts import get_object_or_404
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import viewsets
from rest_framework.decorators import action
from rest_framework.exceptions import NotFound
from rest_framework.response import Response

from annotations.api.filters import FaceFilterSerializer
from annotations.api.rows import (
    FACE_FIELDS,
    coding_as_json,
    codings_as_json,
    face_as_json,
    faces_as_json,
)
from annotations.api.serializers_in import (
    FaceUploadSerializer,
    KnownSerializer,
    LabelSerializer,
    NeutralUploadSerializer,
)
from annotations.api.serializers_out import (
    CodingSerializer,
    DetectionSerializer,
    FaceInListSerializer,
    FaceSerializer,
    KnownAnswerSerializer,
    NeutralUploadedSerializer,
    UploadSerializer,
)
from annotations.codings.face_lists import by_confidence, faces_of
from annotations.codings.face_query import FaceQuery
from annotations.codings.selectors import default_coder
from annotations.faces.known import known_faces
from annotations.faces.looks import record_listed, record_seen
from annotations.faces.neutral_frames import neutral_of
from annotations.faces.permissions import tag_policy
from annotations.faces.serving import serve_picture
from annotations.formats.personal import warnings_of
from annotations.models import Detection, Face
from annotations.models.face_querysets import FaceQuerySet
from annotations.models.querysets import CodingQuerySet
from annotations.queues.assignments import own_assignment
from annotations.review.labels import label_face, label_of
from annotations.review.neutral_upload import upload_neutral
from annotations.review.upload import picture_of, upload_face
from annotations.visibility import look_at, look_at_codings, visible_codings, visible_faces
from facsweb.rest.error_schema import errors
from facsweb.rest.idempotency import answered_once
from facsweb.rest.ids import ID_DIGITS
from facsweb.rest.limits import LimitedBody
from facsweb.rest.negotiation import AnyAccepted
from facsweb.rest.paging import NewestFirst, OldestFirst
from facsweb.rest.parameters import IDEMPOTENCY_KEY
from facsweb.rest.parsers import PARSERS
from facsweb.rest.requests import ApiRequest

#: For a class that has a method `list`.
_Faces = list[Face]


class FaceViewSet(LimitedBody, viewsets.GenericViewSet[Face]):
    queryset = Face.objects.none()
    serializer_class = FaceSerializer
    pagination_class = OldestFirst
    parser_classes = PARSERS
    lookup_value_regex = ID_DIGITS
    scopes = {
        "create": "upload",
        "batch": "upload",
        "known": "read",
        "label": "label",
        "put_neutral": "upload",
    }
    uploads = frozenset({"create", "batch", "put_neutral"})
    #: Of the rows from which a page of the list is cut; "" for other lists.
    _order = ""

    def get_queryset(self) -> FaceQuerySet:
        return visible_faces(self.request.user).select_related("subject")

    def ordering_asked(self) -> str:
        """Return the order of the rows from which a page of the list is cut."""
        return self._order

    @extend_schema(
        parameters=[FaceFilterSerializer],
        responses={200: FaceInListSerializer(many=True), **errors(400, 404)},
    )
    def list(self, request: ApiRequest, *args: Any, **kwargs: Any) -> Response:
        """List faces with their truth and prediction, page by page, by cursor."""
        self.asked = FaceFilterSerializer(data=request.query_params)
        self.asked.is_valid(raise_exception=True)
        asked_for = self.asked.face_query
        tag_policy.check(request.user, "choose_by", asked_for.groups)
        page = self._page(asked_for)
        if asked_for.tells_of_readings:
            look_at(request.user, [face.pk for face in page])
        record_listed(request.user, "face.listed", [face.pk for face in page])
        shown = faces_as_json(
            page,
            request,
            model=asked_for.model,
            fields=self.asked.validated_data.get("fields", FACE_FIELDS),
        )
        return self.get_paginated_response(shown)

    def _page(self, query: FaceQuery) -> _Faces:
        """Return the faces of the page that is asked for: found as ids, along an index."""
        visible, user = visible_faces(self.request.user), self.request.user
        ordering = self.asked.validated_data.get("ordering", "id")
        if query.by_confidence:
            key, self._order, rows = "face_id", ordering, by_confidence(query, visible, user)
        else:
            listed = faces_of(query, visible, user)
            key, rows = listed.key, listed.rows
            self._order = ordering.replace("id", key)
        found = self.paginate_queryset(rows.values(*{key, self._order.removeprefix("-")}))
        ids = [row[key] for row in found or []]
        faces = self.get_queryset().in_bulk(ids)
        return [faces[pk] for pk in ids if pk in faces]

    @extend_schema(responses={200: FaceSerializer, **errors(404)})
    def retrieve(self, request: ApiRequest, pk: str) -> Response:
        """Return one face with its truth and the champion's prediction."""
        return Response(self._shown(self._seen_face()))

    @extend_schema(
        parameters=[IDEMPOTENCY_KEY],
        request={"multipart/form-data": FaceUploadSerializer},
        responses={
            201: UploadSerializer,
            200: UploadSerializer,
            **errors(400, 409, 413, 415, 422),
        },
    )
    def create(self, request: ApiRequest, *args: Any, **kwargs: Any) -> Response:
        """Upload an image. The same image sent again answers 200 and changes nothing."""
        given = FaceUploadSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        return answered_once(request, lambda: self._upload(given), in_transaction=False)

    def _upload(self, given: FaceUploadSerializer) -> Response:
        values = given.validated_data
        picture = picture_of(values["image"].read(), values, values["image"].name)
        upload = upload_face(
            self.request.user,
            picture,
            then=lambda faces: self.ask_for_predictions(faces, values["predict"]),
        )
        answer = {
            "created": upload.created,
            "inference_run": upload.inference_run,
            "warnings": warnings_of(picture.subject, picture.name) if upload.created else [],
            "face": self._shown(upload.face, unread=upload.created and picture.reading is None),
        }
        return Response(answer, status=201 if upload.created else 200)

    def ask_for_predictions(self, faces: _Faces, wanted: bool | None) -> int | None:
        """Ask for predictions of faces; return the id of an inference run, or None.

        This app knows no models, so it asks nobody: a subclass that knows them does.
        """
        return None

    @extend_schema(request=KnownSerializer, responses={200: KnownAnswerSerializer, **errors(400)})
    @action(detail=False, methods=["post"])
    def known(self, request: ApiRequest) -> Response:
        """Tell, by digest, which pictures are here already. An interrupted upload asks first."""
        given = KnownSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        known = known_faces(given.validated_data["sha256"], self.get_queryset())
        return Response({"known": {digest: face.pk for digest, face in known.items()}})

    @extend_schema(
        operation_id="faces_codings_list",
        responses={200: CodingSerializer(many=True), **errors(400, 404)},
    )
    @action(detail=True, methods=["get"], pagination_class=NewestFirst)
    def codings(self, request: ApiRequest, pk: str) -> Response:
        """List every coding that was ever made of the face, latest first."""
        return self._page_of_codings(self._codings_of_face())

    @extend_schema(
        operation_id="faces_codings_create",
        parameters=[IDEMPOTENCY_KEY],
        request=LabelSerializer,
        responses={201: CodingSerializer, 200: CodingSerializer, **errors(400, 404, 409, 415, 422)},
    )
    @codings.mapping.post
    def label(self, request: ApiRequest, pk: str) -> Response:
        """Label the face: a reviewer's label becomes its ground truth, a coder's is a proposal.

        The answer is 200 if you have said the same before.
        """
        face = self._face()
        given = LabelSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        label = label_of(given.validated_data)

        def work() -> Response:
            task = own_assignment(request.user, face, given.validated_data["assignment"])
            coding, created = label_face(face, request.user, label, assignment=task)
            if not (created and coding.is_independent):  # which tells them nothing but their own
                look_at_codings(request.user, [coding])
            return Response(coding_as_json(coding), status=201 if created else 200)

        return answered_once(request, work)

    @extend_schema(responses={200: CodingSerializer(many=True), **errors(400, 404)})
    @action(detail=True, methods=["get"], pagination_class=NewestFirst)
    def predictions(self, request: ApiRequest, pk: str) -> Response:
        """List models' predictions of the face; `coder` is the model version's name."""
        return self._page_of_codings(self._codings_of_face().predictions())

    @extend_schema(
        responses={
            (200, "image/png"): OpenApiTypes.BINARY,
            (200, "image/jpeg"): OpenApiTypes.BINARY,
            **errors(404),
        }
    )
    @action(detail=True, methods=["get"], content_negotiation_class=AnyAccepted)
    def image(self, request: ApiRequest, pk: str) -> HttpResponseBase:
        """Return the image file, which is private to those who may see the face."""
        return serve_picture(request._request, self._face())

    @extend_schema(
        responses={
            (200, "image/png"): OpenApiTypes.BINARY,
            (200, "image/jpeg"): OpenApiTypes.BINARY,
            **errors(404),
        }
    )
    @action(detail=True, methods=["get"], content_negotiation_class=AnyAccepted)
    def neutral(self, request: ApiRequest, pk: str) -> HttpResponseBase:
        """Return the neutral frame of the face's sequence; not found where it has none."""
        neutral = neutral_of(self._face())
        if neutral is None:
            raise NotFound("This face has no neutral frame. PUT one here.")
        return serve_picture(request._request, neutral)

    @extend_schema(
        request={"multipart/form-data": NeutralUploadSerializer},
        responses={
            201: NeutralUploadedSerializer,
            200: NeutralUploadedSerializer,
            **errors(400, 404, 409, 413, 415),
        },
    )
    @neutral.mapping.put
    def put_neutral(self, request: ApiRequest, pk: str) -> Response:
        """Store the neutral frame of the face's sequence, which the face is then compared with.

        The answer is 201 if there was none. Only an admin puts another picture in one's place.
        """
        face = self._face()
        given = NeutralUploadSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        values = given.validated_data
        upload = upload_neutral(request.user, face, values["image"].read(), values["frame"])
        shown = NeutralUploadedSerializer(upload).data
        return Response(shown, status=201 if upload.created else 200)

    @extend_schema(responses={200: DetectionSerializer, **errors(404)})
    @action(detail=True, methods=["get"])
    def detection(self, request: ApiRequest, pk: str) -> Response:
        """Return where a worker found the face: box, the crop that models see, 468 landmarks."""
        found = get_object_or_404(Detection, face=self._seen_face())
        return Response(DetectionSerializer(found).data)

    def _face(self) -> Face:
        return get_object_or_404(self.get_queryset(), pk=self.kwargs["pk"])

    def _seen_face(self) -> Face:
        face = self._face()
        record_seen(self.request.user, [face.pk])
        return face

    def _shown(self, face: Face, *, unread: bool = False) -> dict[str, Any]:
        """Return the face as JSON.

        `unread` means that nobody can have said anything of it yet, so nothing is looked up.
        """
        if unread:
            return face_as_json(face, self.request)
        return faces_as_json([face], self.request, model=default_coder())[0]

    def _codings_of_face(self) -> CodingQuerySet:
        return visible_codings(self.request.user).filter(face=self._seen_face())

    def _page_of_codings(self, codings: CodingQuerySet) -> Response:
        page: list[Any] = self.paginate_queryset(cast(Any, codings)) or []  # of codings, not faces
        look_at_codings(self.request.user, page)
        shown = codings_as_json(coding.pk for coding in page)
        return self.get_paginated_response(shown)
