"""Static files whose names carry a hash of what is in them, so that browsers may keep them."""

import hashlib
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command
from whitenoise.compress import Compressor
from whitenoise.storage import CompressedManifestStaticFilesStorage

#: Where our own modules lie: one that imports what isn't there must not be served.
OURS = ("annotations/", "facsweb/", "inference/", "training/")


class HashedStaticFilesStorage(CompressedManifestStaticFilesStorage):
    """Static files under hashed names, by which modules import each other too.

    After an upgrade a browser that kept the old `outbox.js` never runs it below a new `review.js`.
    """

    support_js_module_import_aggregation = True

    def create_compressor(self, **options: Any) -> Compressor:
        """Leave Brotli out, where its package is: it would take a minute at each first start."""
        return Compressor(**options, use_brotli=False)

    def url_converter(
        self, name: str, hashed_files: dict[str, str], template: str | None = None
    ) -> Callable[[re.Match[str]], str]:
        """Leave a library's import unchanged where it names no file, as its examples may."""
        convert: Callable[[re.Match[str]], str] = super().url_converter(
            name, hashed_files, template
        )

        def converter(match: re.Match[str]) -> str:
            try:
                return convert(match)
            except ValueError:
                if name.startswith(OURS) or not name.endswith(".js"):
                    raise
                return match["matched"]

        return converter


def collect_static() -> None:
    """Collect static files, unless nothing has changed since they were last collected.

    Hashing and compressing them all takes seconds, at each start of the server.
    """
    root = Path(settings.STATIC_ROOT)
    mark, wanted = root.with_name(f"{root.name}.collected"), _fingerprint()
    if (root / "staticfiles.json").is_file() and mark.is_file() and mark.read_text() == wanted:
        return
    mark.unlink(missing_ok=True)
    call_command("collectstatic", interactive=False, verbosity=0)
    mark.write_text(wanted)


def _fingerprint() -> str:
    """Return a digest of all static files' names, sizes and dates, and of how they are kept."""
    digest = hashlib.sha256(repr(settings.STORAGES["staticfiles"]).encode())
    for finder in get_finders():
        for name, storage in finder.list([]):
            found = Path(storage.path(name)).stat()
            digest.update(repr((name, found.st_size, found.st_mtime_ns)).encode())
    return digest.hexdigest()
