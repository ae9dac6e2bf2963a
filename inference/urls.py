from django.urls import path

from inference import views

urlpatterns = [
    path("faces/<int:pk>/explanations/", views.ask, name="explain"),
    path("explanations/<int:pk>/", views.explanation, name="explanation"),
    path("explanations/<int:pk>/image.png", views.explanation_image, name="explanation-image"),
]
