"""Measured, not tested: each module prints a table, and is run by `python -m`."""

import os

import django

# Here, so that the modules can import models and settings as usual.
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "facsweb.settings")
if "SECRET_KEY_FILE" not in os.environ:
    os.environ.setdefault("SECRET_KEY", "only-for-benchmarks-" + "x" * 40)
django.setup()
