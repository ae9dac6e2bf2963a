from django.urls import path

from facsweb.auditing import views

urlpatterns = [
    path("", views.audit, name="audit"),
    path("audit.csv", views.audit_csv, name="audit-csv"),
]
