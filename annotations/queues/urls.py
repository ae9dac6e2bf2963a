from django.urls import path

from annotations.queues import views

urlpatterns = [
    path("", views.queues, name="queues"),
    path("new/", views.new_queue, name="queue-new"),
    path("<int:pk>/", views.queue, name="queue"),
    path("<int:pk>/next/", views.next_face, name="queue-next"),
    path("<int:pk>/close/", views.close_queue, name="queue-close"),
]
