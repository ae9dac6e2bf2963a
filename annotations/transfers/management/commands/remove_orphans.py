from typing import Any

from django.core.management.base import BaseCommand

from annotations.faces.orphans import remove_orphans


class Command(BaseCommand):
    help = "Delete stored pictures that no row names (left by a process that was killed)."

    def handle(self, *args: Any, **options: Any) -> None:
        removed = remove_orphans()
        self.stdout.write(f"{removed} file{'' if removed == 1 else 's'} removed")
