from django.apps import AppConfig
from django.urls import register_converter


class RestConfig(AppConfig):
    name = "facsweb.rest"

    def ready(self) -> None:
        # Here, not above: this module is imported before the apps are ready.
        from facsweb.rest.ids import IdConverter

        register_converter(IdConverter, "id")
