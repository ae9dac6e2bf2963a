"""Faces that a version didn't learn from, against those that it did."""
