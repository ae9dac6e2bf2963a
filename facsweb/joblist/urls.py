from django.urls import path

from facsweb.joblist import pages

urlpatterns = [
    path("", pages.jobs, name="jobs"),
    path("rows/", pages.job_rows, name="job-rows"),
    path("<slug:kind>/<id:pk>/", pages.job, name="job"),
    path("<slug:kind>/<id:pk>/progress/", pages.job_progress, name="job-progress"),
    path("<slug:kind>/<id:pk>/cancel/", pages.cancel, name="job-cancel"),
    path("<slug:kind>/<id:pk>/retry/", pages.retry, name="job-retry"),
]
