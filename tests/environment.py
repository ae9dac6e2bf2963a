"""The environment of a test run, set before Django's settings and NumPy are loaded.

- A key for a bare `pytest`; `make test` takes one from a file.
- Of several PostgreSQL servers (tests/postgres.py), the one of this process of pytest-xdist.
- No MLflow server: tests that want one start their own.
- One thread for each computation: tests share the cores by processes, and threads of several
  trainings at once would only wait for each other.
"""

import os

if not {"SECRET_KEY", "SECRET_KEY_FILE"} & os.environ.keys():
    os.environ["SECRET_KEY"] = "only-for-tests-" + "x" * 40
for name in (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "TF_NUM_INTRAOP_THREADS",
    "TF_NUM_INTEROP_THREADS",
):
    os.environ.setdefault(name, "1")
urls = os.environ.get("DATABASE_URLS", "").split()
worker = os.environ.get("PYTEST_XDIST_WORKER", "")
if urls and worker:
    os.environ["DATABASE_URL"] = urls[int(worker.removeprefix("gw")) % len(urls)]
os.environ.pop("MLFLOW_TRACKING_URI", None)
