"""A key for a bare `pytest`; `make test` takes one from a file. Loaded before the settings."""

import os

if not {"SECRET_KEY", "SECRET_KEY_FILE"} & os.environ.keys():
    os.environ["SECRET_KEY"] = "only-for-tests-" + "x" * 40
