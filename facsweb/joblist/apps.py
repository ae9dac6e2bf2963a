from django.apps import AppConfig


class JoblistConfig(AppConfig):
    name = "facsweb.joblist"
