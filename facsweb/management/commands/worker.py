from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connection

from facsweb import processes
from facsweb.broker import BrokerError, broker
from facsweb.jobs.heartbeat import QUEUES
from facsweb.old_database import refuse_older
from facsweb.private import mend_rights


class Command(BaseCommand):
    help = "Run a worker each for training, inference and data until Ctrl-C."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--queue", choices=QUEUES, help="Only this queue's worker.")

    def handle(self, *args: Any, queue: str | None, **options: Any) -> None:
        refuse_older(connection)
        mend_rights()
        queues = [queue] if queue else list(QUEUES)
        try:
            with broker(settings), processes.ended_by_signals():
                children = [processes.start(processes.worker_command(name)) for name in queues]
                try:
                    processes.wait_for_any(children)
                finally:
                    processes.stop(children)
        except BrokerError as error:
            raise CommandError(str(error)) from None
        except KeyboardInterrupt:
            self.stdout.write("Workers stopped.")
