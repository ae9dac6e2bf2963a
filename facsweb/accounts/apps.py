from django.apps import AppConfig
from django.conf import settings


class AccountsConfig(AppConfig):
    name = "facsweb.accounts"

    def ready(self) -> None:
        """Connect what hears of changes of accounts."""
        from facsweb.accounts.receivers import connect  # late: it imports models

        connect()
        if settings.SECOND_FACTOR or settings.OIDC_ISSUER:
            from facsweb.accounts import allauth_receivers  # late: needs django-allauth

            allauth_receivers.connect()
