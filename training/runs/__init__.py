"""Trainings: asked for, followed, described, kept and downloaded."""
