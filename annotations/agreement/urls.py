from django.urls import path

from annotations.agreement import views

urlpatterns = [
    path("agreement/", views.agreement, name="agreement"),
    path("agreement.csv", views.agreement_csv, name="agreement-csv"),
]
