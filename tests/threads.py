"""One thread for each process of pytest-xdist: the others have the other cores."""

import os

if "PYTEST_XDIST_WORKER" in os.environ:  # servers inherit it
    for _library in ("OMP_NUM_THREADS", "TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS"):
        os.environ.setdefault(_library, "1")
