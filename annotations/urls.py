from django.urls import path

from annotations import views

urlpatterns = [
    path("", views.gallery, name="gallery"),
    path("faces/<int:pk>/", views.face, name="face"),
    path("faces/<int:pk>/review/", views.review, name="review"),
    path("faces/<int:pk>/image/", views.face_image, name="face-image"),
    path("faces/<int:pk>/thumbnail/", views.face_thumbnail, name="face-thumbnail"),
    path("faces/<int:pk>/detection.svg", views.face_detection, name="face-detection"),
]
