from django.urls import path

from annotations.withdrawal import views

urlpatterns = [
    path("subjects/", views.subject_list, name="subjects"),
    path("subjects/<id:pk>/", views.subject, name="subject-page"),
    path("subjects/<id:pk>/consent/", views.consent, name="subject-page-consent"),
    path("subjects/<id:pk>/withdraw/", views.withdraw, name="subject-page-withdraw"),
    path("withdrawals/<id:pk>/", views.withdrawal, name="withdrawal"),
    path("withdrawals/<id:pk>/progress/", views.progress, name="withdrawal-progress"),
    path("withdrawals/<id:pk>/go-on/", views.resume, name="withdrawal-go-on"),
    path("withdrawals/<id:pk>/certificate.json", views.certificate, name="withdrawal-certificate"),
]
