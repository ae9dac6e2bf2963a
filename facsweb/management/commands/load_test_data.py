import time
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from facsweb.jobs.console import StageBar
from facsweb.load_test.fill import BLOCK, MOST, fill
from facsweb.problems import Problem


class Command(BaseCommand):
    help = (
        "Fill a database with faces of nobody, each with three codings, to measure with. "
        "Labels are drawn in CK+'s proportions; pictures are a few drawings that all faces share, "
        "so a picture doesn't show what is said of it."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--faces", type=int, required=True, help="such as 10000 or 1000000")
        parser.add_argument(
            "--pictures", type=int, default=6, help="drawings to share (6); 0: faces have none"
        )
        parser.add_argument("--seed", type=int, default=1, help="another one draws other faces")
        parser.add_argument(
            "--beside-others",
            action="store_true",
            help="Go on in a database that holds faces which no load test made",
        )

    def handle(
        self,
        *args: Any,
        faces: int,
        pictures: int,
        seed: int,
        beside_others: bool,
        **options: Any,
    ) -> None:
        if not 10 <= faces <= MOST:
            raise CommandError(f"--faces takes 10 to {MOST:,}.")
        if not 0 <= pictures <= 500 or seed < 0:
            raise CommandError("--pictures takes 0 to 500, --seed 0 or more.")
        began = time.perf_counter()
        try:
            with StageBar("load test") as bar:
                fill(faces, progress=bar, pictures=pictures, seed=seed, beside_others=beside_others)
        except Problem as error:
            raise CommandError(error.detail) from None
        self.stdout.write(_told(faces, pictures, time.perf_counter() - began))


def _told(faces: int, pictures: int, seconds: float) -> str:
    shared = (
        f"They share {pictures} drawn pictures, which don't show what is said of them."
        if pictures
        else "They have no pictures: pages show empty frames."
    )
    alike = f" After the first {BLOCK:,} they repeat, with other subjects." if faces > BLOCK else ""
    return (
        f"{faces:,} faces of nobody, with three codings each, in {seconds:.0f} s.{alike} {shared}"
    )
