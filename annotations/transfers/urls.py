from django.urls import path

from annotations.transfers import views

urlpatterns = [
    path("", views.data, name="data"),
    path("transfers/", views.transfers, name="data-transfers"),
    path("exports/", views.new_export, name="export-new"),
    path("imports/", views.new_import, name="import-new"),
    path("exports/<int:pk>/file/", views.export_file, name="export-file"),
    path("imports/<int:pk>/refused.csv", views.refused_rows, name="import-refused"),
    path("<str:kind>/<int:pk>/cancel/", views.cancel, name="transfer-cancel"),
    path("<str:kind>/<int:pk>/discard/", views.discard, name="transfer-discard"),
]
