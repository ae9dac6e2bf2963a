from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from facsweb import processes
from facsweb.broker import BrokerError, broker
from facsweb.demo import Demo, DemoError
from facsweb.demo_clock import DemoClock
from facsweb.logs import quieten
from facsweb.monitoring.counting import begin_counting
from facsweb.private import mend_rights


class Command(BaseCommand):
    help = "Data, weights, training, predictions and the review UI, in one go."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--data", type=Path, help="CK+ itself, or a folder of data_labels.csv")
        parser.add_argument(
            "--once", action="store_true", help="Stop when both models are compared."
        )
        parser.add_argument("--address", default="127.0.0.1:8000", help="host:port to listen on")

    def handle(
        self, *args: Any, data: Path | None, once: bool, address: str, **options: Any
    ) -> None:
        mend_rights()
        quieten(settings.VAR_DIR / "logs" / "demo.log")
        begin_counting()
        try:
            if not once:
                processes.check_port_is_free(address)
            with DemoClock() as clock:
                demo = Demo(clock=clock, data=data)
                demo.prepare()
                with broker(settings), processes.ended_by_signals():
                    demo.work(None if once else address)
        except (DemoError, BrokerError, processes.ProcessError) as error:
            raise CommandError(str(error)) from None
        except KeyboardInterrupt:
            self.stdout.write("\nStopped; every process has ended. `make demo` goes on from here.")
