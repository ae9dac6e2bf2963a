from django.urls import path

from annotations.webhooks import views

urlpatterns = [
    path("", views.webhooks, name="webhooks"),
    path("<int:pk>/switch/", views.switch, name="webhook-switch"),
    path("<int:pk>/test/", views.test, name="webhook-test"),
    path("<int:pk>/remove/", views.remove_webhook, name="webhook-remove"),
]
