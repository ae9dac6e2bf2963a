"""Synthetic CK+-shaped pictures of nobody, for demonstrations and tests."""
