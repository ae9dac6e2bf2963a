"""Files that come in and go out, carried by a worker: asking for it, and doing it."""
