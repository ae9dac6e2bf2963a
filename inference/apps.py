from django.apps import AppConfig


class InferenceConfig(AppConfig):
    name = "inference"

    def ready(self) -> None:
        # Late: both import models, which aren't there when Django reads this module.
        from annotations.withdrawal import parts
        from inference.withdrawal import PART

        parts.register(PART)
