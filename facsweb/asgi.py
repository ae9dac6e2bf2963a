"""The application that the web server loads (docs/decisions/0008-server.md)."""

from pathlib import Path

from facsweb.wsgi import application as product  # isort: split

# First, as it has Django ready for what follows.

from django.conf import settings

from facsweb.processes import die_with_parent
from facsweb.serving.bridge import Bridge
from facsweb.serving.callers import asked_by_the_door

die_with_parent()  # a server that is killed leaves no process that keeps its port

application = Bridge(
    product,
    asked_by_the_door,
    folder=Path(settings.FILE_UPLOAD_TEMP_DIR),
    threads=settings.WEB_THREADS,
)
