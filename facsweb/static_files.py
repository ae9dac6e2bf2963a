"""Static files whose names carry a hash of what is in them, so that browsers may keep them."""

import re
from collections.abc import Callable

from whitenoise.storage import CompressedManifestStaticFilesStorage

#: Where our own modules lie: one that imports what isn't there must not be served.
OURS = ("annotations/", "facsweb/", "inference/", "training/")


class HashedStaticFilesStorage(CompressedManifestStaticFilesStorage):
    """Static files under hashed names, by which modules import each other too.

    After an upgrade a browser that kept the old `outbox.js` never runs it below a new `review.js`.
    """

    support_js_module_import_aggregation = True

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
