"""A key for a bare `pytest`, which `make test` takes from a file. Loaded before Django's settings."""

import os

if not {"SECRET_KEY", "SECRET_KEY_FILE"} & os.environ.keys():
    os.environ["SECRET_KEY"] = "only-for-tests-" + "x" * 40
