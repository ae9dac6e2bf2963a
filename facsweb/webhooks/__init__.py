"""Outgoing webhooks: telling programs elsewhere that a training, prediction or review ended."""
