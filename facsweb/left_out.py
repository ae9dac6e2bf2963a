"""Packages that a library would load only because they are there.

DRF takes `requests`, Pygments and PostgreSQL's fields if it finds them, redis-py takes
OpenTelemetry, which MLflow's client brings: 12 MB of each process for nothing that we use.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def left_out(*names: str) -> Iterator[None]:
    """Have packages look as if they weren't installed, to what is imported within the block.

    What is loaded already stays, and after the block each can be imported as ever.
    """
    hidden = [name for name in names if name not in sys.modules]
    sys.modules.update(dict.fromkeys(hidden))  # type: ignore[arg-type]  # None: not to be found
    try:
        yield
    finally:
        for name in hidden:
            del sys.modules[name]
