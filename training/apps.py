from django.apps import AppConfig


class TrainingConfig(AppConfig):
    name = "training"

    def ready(self) -> None:
        # Late: both import models, which aren't there when Django reads this module.
        from facsweb.jobs.signals import run_finished
        from training.receivers import compare_new_version

        run_finished.connect(compare_new_version)
