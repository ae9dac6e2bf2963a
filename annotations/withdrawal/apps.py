from django.apps import AppConfig
from django.db.models.signals import pre_save


class WithdrawalConfig(AppConfig):
    name = "annotations.withdrawal"

    def ready(self) -> None:
        # Late: all import models, which aren't there when Django reads this module.
        from annotations.models import Face, NeutralFrame, Subject
        from annotations.withdrawal import agreement, parts, receivers, transfers

        for model in (Subject, Face, NeutralFrame):
            pre_save.connect(receivers.refuse_withdrawn, sender=model)
        parts.register(transfers.PART)
        parts.register(agreement.PART)
