"""Measured, not tested: each module prints a table, and is run by `python -m`."""

import os

import django

# Here, so that the modules can import models and settings as usual.
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "facsweb.settings")
django.setup()
