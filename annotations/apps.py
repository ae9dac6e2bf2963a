from django.apps import AppConfig
from django.urls import register_converter


class AnnotationsConfig(AppConfig):
    name = "annotations"

    def ready(self) -> None:
        from annotations.ids import IdConverter

        register_converter(IdConverter, "id")
