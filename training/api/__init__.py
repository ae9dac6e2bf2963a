"""Trainings, models, comparisons and drift over HTTP."""
