"""Withdrawal: a subject leaves, with all that is theirs; and retention, which deletes by age."""
