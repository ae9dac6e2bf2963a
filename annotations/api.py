"""Faces over HTTP: upload, label, read."""

from __future__ import annotations

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import mixins, viewsets
from rest_framework.decorators import action
from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.response import Response

from annotations import views
from annotations.blinding import readable
from annotations.labelling import label_face, upload_face
from annotations.models import Coder, Coding, Detection, Face
from annotations.paging import NewestFirst, OldestFirst
from annotations.parsers import PARSERS
from annotations.querysets import FaceQuerySet
from annotations.selectors import default_coder, with_comparison
from annotations.serializers import (
    CodingSerializer,
    DetectionSerializer,
    ErrorSerializer,
    FaceFilterSerializer,
    FaceSerializer,
    FaceUploadSerializer,
    LabelSerializer,
    UploadSerializer,
)


def errors(*statuses: int) -> dict[int, type[ErrorSerializer]]:
    """For the schema: these statuses, and those that any request may meet."""
    return dict.fromkeys(sorted({401, *statuses}), ErrorSerializer)


class AnyAccepted(DefaultContentNegotiation):
    """A picture goes out as it is, whatever `Accept` says."""

    def select_renderer(self, request, renderers, format_suffix=None):
        return renderers[0], renderers[0].media_type


@extend_schema_view(
    list=extend_schema(
        parameters=[FaceFilterSerializer], responses={200: FaceSerializer(many=True), **errors(400)}
    ),
    retrieve=extend_schema(responses={200: FaceSerializer, **errors(404)}),
)
class FaceViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet):
    queryset = Face.objects.none()
    serializer_class = FaceSerializer
    pagination_class = OldestFirst
    parser_classes = PARSERS
    lookup_value_regex = r"[0-9]{1,18}"

    def get_queryset(self) -> FaceQuerySet:
        return Face.objects.visible_to(self.request.user)

    def filter_queryset(self, queryset: FaceQuerySet):
        coder = default_coder()
        if self.action == "list":
            asked = FaceFilterSerializer(data=self.request.query_params)
            asked.is_valid(raise_exception=True)
            queryset = _narrowed(queryset, asked.validated_data, coder, self.request.user)
        return with_comparison(queryset, coder, self.request.user)

    @extend_schema(
        request={"multipart/form-data": FaceUploadSerializer},
        responses={
            201: UploadSerializer,
            200: UploadSerializer,
            **errors(400, 403, 409, 413, 415),
        },
    )
    def create(self, request, *args, **kwargs) -> Response:
        """Upload an image. The same image again answers 200 and changes nothing."""
        given = FaceUploadSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        values = given.validated_data
        upload = upload_face(
            request.user,
            values["image"].read(),
            subject=values["subject"],
            demographics=given.demographics(),
            sequence=values["sequence"],
            frame=values["frame"],
            reading=given.reading(),
            then=lambda face: self.ask_for_prediction(face, values["predict"]),
        )
        shown = with_comparison(self.get_queryset(), default_coder(), request.user).get(
            pk=upload.face.pk
        )
        answer = {
            "created": upload.created,
            "inference_run": upload.inference_run,
            "face": FaceSerializer(shown, context=self.get_serializer_context()).data,
        }
        return Response(answer, status=201 if upload.created else 200)

    def ask_for_prediction(self, face: Face, wanted: bool | None) -> int | None:
        """This app knows no models; who knows them answers with the id of an inference run."""
        return None

    @extend_schema(operation_id="faces_codings_list", responses=CodingSerializer(many=True))
    @action(detail=True, methods=["get"], pagination_class=NewestFirst)
    def codings(self, request, pk: str) -> Response:
        """Everything that was ever said of the face, latest first."""
        return self._page_of_codings(self._codings_of_face())

    @extend_schema(
        operation_id="faces_codings_create",
        request=LabelSerializer,
        responses={201: CodingSerializer, **errors(400, 403, 404, 409, 415)},
    )
    @codings.mapping.post
    def label(self, request, pk: str) -> Response:
        """Label the face: its ground truth when a reviewer does it, else a proposal."""
        face = self._face()
        given = LabelSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        values = given.validated_data
        coding = label_face(
            face,
            request.user,
            emotion=values.get("emotion"),
            scores=values.get("action_units", {}),
            seen=values["seen"],
            comment=values["comment"],
        )
        return Response(CodingSerializer(coding).data, status=201)

    @extend_schema(responses=CodingSerializer(many=True))
    @action(detail=True, methods=["get"], pagination_class=NewestFirst)
    def predictions(self, request, pk: str) -> Response:
        """What models say of the face; `coder` is the model version's name."""
        return self._page_of_codings(self._codings_of_face().predictions())

    @extend_schema(
        responses={
            (200, "image/png"): OpenApiTypes.BINARY,
            (200, "image/jpeg"): OpenApiTypes.BINARY,
            **errors(404),
        }
    )
    @action(detail=True, methods=["get"], content_negotiation_class=AnyAccepted)
    def image(self, request, pk: str):
        """The image file itself, private to who may see the face."""
        return views.face_image(request._request, pk=int(pk))

    @extend_schema(responses={200: DetectionSerializer, **errors(404)})
    @action(detail=True, methods=["get"])
    def detection(self, request, pk: str) -> Response:
        """Where a worker found the face: its box, the crop that models see, 468 landmarks."""
        found = views.get_object_or_404(Detection, face=self._face())
        return Response(DetectionSerializer(found).data)

    def _face(self) -> Face:
        """Without the prefetches that labelling would make stale."""
        return views.get_object_or_404(self.get_queryset(), pk=self.kwargs["pk"])

    def _codings_of_face(self):
        codings = Coding.objects.visible_to(self.request.user).filter(face=self._face())
        return codings.select_related("coder").prefetch_related("scores")

    def _page_of_codings(self, codings) -> Response:
        page = self.paginate_queryset(codings)
        return self.get_paginated_response(CodingSerializer(page, many=True).data)


def _narrowed(faces: FaceQuerySet, asked: dict, coder: Coder | None, user) -> FaceQuerySet:
    if asked.keys() & {"emotion", "au", "split", "agreement"}:
        faces = readable(faces, user)  # else a filter would tell a blind coder the labels
    if "emotion" in asked:
        faces = faces.with_emotion(asked["emotion"])
    if "au" in asked:
        faces = faces.with_action_unit(asked["au"])
    if "subject" in asked:
        faces = faces.filter(subject__code=asked["subject"])
    agreement = asked.get("agreement")
    if agreement == "unlabelled":
        faces = faces.unlabelled()
    if coder is None:
        return faces.none() if "split" in asked or agreement in {"agree", "disagree"} else faces
    if "split" in asked:
        faces = faces.in_split(asked["split"], coder)
    if agreement == "agree":
        faces = faces.agreeing(coder)
    if agreement == "disagree":
        faces = faces.disagreeing(coder)
    return faces
