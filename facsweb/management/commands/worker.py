from typing import Any

from django.conf import settings
from django.core.checks.registry import Tags, registry
from django.core.management.base import BaseCommand, CommandParser
from django.db import connection, connections

from facsweb import processes
from facsweb.jobs.heartbeat import QUEUES
from facsweb.old_database import refuse_older
from facsweb.private import mend_rights
from facsweb.supervisor import Plan, become_supervisor


class Command(BaseCommand):
    # Looking through the addresses would load every page's code, for a second; tests do it.
    requires_system_checks = sorted(registry.tags_available() - {Tags.urls})
    help = "Run a worker each for training, inference and data until Ctrl-C."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--queue", choices=QUEUES, help="Only this queue's worker.")

    def handle(self, *args: Any, queue: str | None, **options: Any) -> None:
        refuse_older(connection)
        mend_rights()
        connections.close_all()
        queues = [queue] if queue else list(QUEUES)
        become_supervisor(
            Plan(
                commands=[processes.workers_command(queues)],
                broker=str(settings.VAR_DIR) if settings.BROKER_IS_EMBEDDED else "",
                farewell="Workers stopped.",
            )
        )
