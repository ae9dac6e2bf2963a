from django.urls import path

from annotations.transfers import views

urlpatterns = [
    path("", views.data, name="data"),
    path("transfers/", views.transfers, name="data-transfers"),
    path("exports/", views.new_export, name="export-new"),
    path("imports/", views.new_import, name="import-new"),
    path("exports/<id:pk>/file/", views.export_file, name="export-file"),
    path("imports/<id:pk>/refused.csv", views.refused_rows, name="import-refused"),
    path("<str:kind>/<id:pk>/cancel/", views.cancel, name="transfer-cancel"),
    path("<str:kind>/<id:pk>/discard/", views.discard, name="transfer-discard"),
]
