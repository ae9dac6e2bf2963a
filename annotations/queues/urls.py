from django.urls import path

from annotations.queues import views

urlpatterns = [
    path("", views.queues, name="queues"),
    path("new/", views.new_queue, name="queue-new"),
    path("<id:pk>/", views.queue, name="queue"),
    path("<id:pk>/edit/", views.edit, name="queue-edit"),
    path("<id:pk>/next/", views.next_face, name="queue-next"),
    path("<id:pk>/close/", views.close_queue, name="queue-close"),
]
