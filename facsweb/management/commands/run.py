from typing import Any

from django.conf import settings
from django.core.checks.registry import Tags, registry
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connection, connections

from facsweb import processes
from facsweb.accounts.first_run import greeting
from facsweb.monitoring.counting import begin_counting
from facsweb.old_database import refuse_older
from facsweb.private import mend_rights
from facsweb.static_files import collect_static
from facsweb.supervisor import Plan, become_supervisor


class Command(BaseCommand):
    # Looking through the addresses would load every page's code, for a second; tests do it.
    requires_system_checks = sorted(registry.tags_available() - {Tags.urls})
    help = "Serve the web application until Ctrl-C (with the embedded Valkey, if it is used)."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--address", default="127.0.0.1:8000", help="host:port to listen on")

    def handle(self, *args: Any, address: str, **options: Any) -> None:
        try:
            processes.check_port_is_free(address)
        except processes.ProcessError as error:
            raise CommandError(str(error)) from None
        refuse_older(connection)
        mend_rights()
        begin_counting()
        call_command("migrate", verbosity=0)
        collect_static()
        said = f"facsweb is at http://{address}/ (Ctrl-C ends it)"
        if first := greeting(f"http://{address}"):
            said = f"{said}\n{first}"
        connections.close_all()
        become_supervisor(
            Plan(
                commands=[processes.web_command(address, settings.WEB_PROCESSES)],
                broker=str(settings.VAR_DIR) if settings.BROKER_IS_EMBEDDED else "",
                said=said,
            )
        )
