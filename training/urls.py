from django.urls import path

from training import views

urlpatterns = [
    path("training/", views.training_runs, name="training-runs"),
    path("training/new/", views.new_training, name="training-new"),
    path("training/start/", views.start_training, name="training-start"),
    path("training/<id:pk>/", views.training_run, name="training-run"),
    path("training/<id:pk>/progress/", views.training_progress, name="training-progress"),
    path("training/<id:pk>/cancel/", views.cancel, name="training-cancel"),
    path("training/<id:pk>/promote/", views.promote_version, name="training-promote"),
    path("training/<id:pk>/dashboard/", views.dashboard, name="dashboard"),
    path("dashboard/", views.dashboard_latest, name="dashboard-latest"),
]
