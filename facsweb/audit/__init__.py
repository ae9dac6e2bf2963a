"""The audit: who did what, when and from where, written once and chained by hashes."""
