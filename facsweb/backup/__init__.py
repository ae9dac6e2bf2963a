"""Backup of a whole machine while it serves, and restoring it on this database or another.

Why the archive is made of rows and not of a dump: docs/decisions/0006-backup.md.
"""
