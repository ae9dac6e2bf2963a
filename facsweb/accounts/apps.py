from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "facsweb.accounts"

    def ready(self) -> None:
        """Connect what hears of changes of accounts."""
        from facsweb.accounts.receivers import connect  # late: it imports models

        connect()
