from django.urls import path

from facsweb.webhooks import views

urlpatterns = [
    path("", views.webhooks, name="webhooks"),
    path("<id:pk>/switch/", views.switch, name="webhook-switch"),
    path("<id:pk>/test/", views.test, name="webhook-test"),
    path("<id:pk>/remove/", views.remove_webhook, name="webhook-remove"),
]
