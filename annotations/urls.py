from django.urls import include, path

from annotations import (
    adjudication_views,
    bulk_views,
    people_views,
    picture_views,
    review_views,
    token_views,
    views,
)

urlpatterns = [
    path("", views.gallery, name="gallery"),
    path("faces/<id:pk>/", review_views.face, name="face"),
    path("faces/<id:pk>/review/", review_views.review, name="review"),
    path("faces/<id:pk>/skip/", review_views.skip_face, name="skip"),
    path("faces/<id:pk>/flag/", review_views.flag, name="flag"),
    path("faces/<id:pk>/adjudicate/", adjudication_views.adjudicate, name="adjudicate"),
    path("faces/<id:pk>/image/", views.face_image, name="face-image"),
    path("faces/<id:pk>/thumbnail/", views.face_thumbnail, name="face-thumbnail"),
    path("faces/<id:pk>/detection.svg", views.face_detection, name="face-detection"),
    path("faces/<id:pk>/neutral/", picture_views.face_neutral, name="face-neutral"),
    path("coding/rest/", people_views.switch_rest, name="switch-rest"),
    path("reviews/<id:pk>/undo/", review_views.undo, name="undo"),
    path("flags/<id:pk>/resolve/", review_views.resolve, name="resolve-flag"),
    path("adjudication/", adjudication_views.adjudication, name="adjudication"),
    path("bulk/", bulk_views.bulk_accept, name="bulk"),
    path("bulk/<id:pk>/undo/", bulk_views.bulk_undo, name="bulk-undo"),
    path("people/", people_views.people, name="people"),
    path("people/<id:pk>/blind/", people_views.switch_blind, name="switch-blind"),
    path("", include("annotations.agreement.urls")),
    path("data/", include("annotations.transfers.urls")),
    path("tokens/", token_views.tokens, name="tokens"),
    path("tokens/<id:pk>/revoke/", token_views.revoke_token, name="token-revoke"),
    path("webhooks/", include("annotations.webhooks.urls")),
    path("queues/", include("annotations.queues.urls")),
]
