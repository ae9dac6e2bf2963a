from django.apps import AppConfig
from django.db.models.signals import post_save


class TrainingConfig(AppConfig):
    name = "training"

    def ready(self) -> None:
        # Late: all import models, which aren't there when Django reads this module.
        from annotations.withdrawal import parts, retention
        from facsweb.jobs.signals import run_finished
        from inference.models import AliasMove
        from training.mirror.deliveries import on_alias_move
        from training.receivers import compare_new_version
        from training.retention import RULE
        from training.withdrawal import PART

        run_finished.connect(compare_new_version)
        parts.register(PART)
        retention.register_rule(RULE)
        post_save.connect(on_alias_move, sender=AliasMove)
