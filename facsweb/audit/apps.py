from django.apps import AppConfig
from django.db.models.signals import post_migrate


class AuditConfig(AppConfig):
    name = "facsweb.audit"
    verbose_name = "Audit"

    def ready(self) -> None:
        # Late: they import models, which aren't there when Django reads this module.
        from facsweb.audit import receivers, triggers

        receivers.connect()
        post_migrate.connect(triggers.lock_tables, sender=self)
