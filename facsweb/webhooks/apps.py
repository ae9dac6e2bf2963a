from django.apps import AppConfig


class WebhooksConfig(AppConfig):
    name = "facsweb.webhooks"

    def ready(self) -> None:
        # Late: both import models, which aren't there when Django reads this module.
        from facsweb.jobs.signals import run_finished
        from facsweb.webhooks.receivers import announce_run

        run_finished.connect(announce_run)
