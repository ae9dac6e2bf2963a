from django.urls import path

from inference import views

urlpatterns = [
    path("faces/<id:pk>/explanations/", views.ask, name="explain"),
    path("explanations/<id:pk>/", views.explanation, name="explanation"),
    path("explanations/<id:pk>/image.png", views.explanation_image, name="explanation-image"),
]
