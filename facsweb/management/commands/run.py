from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connection

from facsweb import processes
from facsweb.accounts.first_run import greeting
from facsweb.broker import BrokerError, broker
from facsweb.monitoring.counting import begin_counting
from facsweb.old_database import refuse_older
from facsweb.private import mend_rights
from facsweb.static_files import collect_static


class Command(BaseCommand):
    help = "Serve the web application until Ctrl-C (with the embedded Valkey, if it is used)."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--address", default="127.0.0.1:8000", help="host:port to listen on")

    def handle(self, *args: Any, address: str, **options: Any) -> None:
        processes.check_port_is_free(address)
        refuse_older(connection)
        mend_rights()
        begin_counting()
        call_command("migrate", verbosity=0)
        collect_static()
        try:
            with broker(settings), processes.ended_by_signals():
                web = processes.start(processes.web_command(address))
                self.stdout.write(f"facsweb is at http://{address}/ (Ctrl-C ends it)")
                if first := greeting(f"http://{address}"):
                    self.stdout.write(first)
                self.stdout.flush()  # a service's log shows it now, not at the end
                try:
                    processes.wait_for_any([web])
                finally:
                    processes.stop([web])
        except BrokerError as error:
            raise CommandError(str(error)) from None
        except KeyboardInterrupt:
            self.stdout.write("Stopped.")
