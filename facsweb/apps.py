from django.apps import AppConfig

from facsweb.private import keep_private


class FacswebConfig(AppConfig):
    name = "facsweb"

    def ready(self) -> None:
        """Make our Celery app the one that sends tasks, connect listeners, keep files private.

        `facsweb.client` needs none of this.
        """
        from facsweb import celery  # noqa: F401 - importing it is all
        from facsweb.listeners import connect  # late: it imports models

        connect()
        keep_private()
