"""A database that an earlier facsweb made, whose tables this one can't go on with."""

from __future__ import annotations

from itertools import count
from pathlib import Path

from django.apps import apps
from django.conf import settings
from django.core.management.base import CommandError
from django.db import OperationalError
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.migrations.loader import MigrationLoader

from facsweb.audit import anchor

_OURS = {"annotations", "facsweb", "inference", "training"}
#: SQLite keeps a database in these files, by what is added to its name.
_PARTS = ("-wal", "-shm", "")


def is_older(connection: BaseDatabaseWrapper) -> bool:
    """Tell whether the database's record names a migration of ours that no longer exists.

    A database that can't be asked counts as not older: whatever opens it next says why.
    """
    try:
        loader = MigrationLoader(connection)
    except OperationalError:
        return False
    labels = {each.label for each in apps.get_app_configs() if each.name.split(".")[0] in _OURS}
    gone = loader.applied_migrations.keys() - loader.disk_migrations.keys()
    return any(label in labels for label, _ in gone)


def refuse_older(connection: BaseDatabaseWrapper) -> None:
    """Raise CommandError, with what to do, if an earlier facsweb made the database."""
    if is_older(connection):
        raise CommandError(what_to_do(connection))


def what_to_do(connection: BaseDatabaseWrapper) -> str:
    name = connection.settings_dict["NAME"]
    if connection.vendor == "sqlite":
        return (
            f"{name} was made by an earlier facsweb, whose tables this one can't use: move it and "
            f"{settings.MEDIA_ROOT} away, or let `make demo` keep both under other names."
        )
    return (
        f"The PostgreSQL database {name} was made by an earlier facsweb, whose tables this one "
        "can't use: keep it for the earlier one, and name an empty database in DATABASE_URL."
    )


def set_aside(connection: BaseDatabaseWrapper) -> tuple[Path, Path | None]:
    """Rename a SQLite database and the folder of its pictures; return the new names.

    No file is overwritten. The pictures go along because a new database would take them for files
    that nobody needs; None stands for those that aren't in a folder of this machine.
    """
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")  # all of it into the one file
    connection.close()
    path, media = Path(connection.settings_dict["NAME"]), Path(settings.MEDIA_ROOT)
    pairs = (
        (path.with_name(f"{path.stem}.old-{number}{path.suffix}"), Path(f"{media}.old-{number}"))
        for number in count(1)
    )
    kept, kept_media = next(pair for pair in pairs if not _files(pair[0]) and not pair[1].exists())
    has_media = media.exists()
    if has_media:
        media.rename(kept_media)
    # The log goes first: a new database must never meet the log of another.
    for part in _files(path):
        Path(f"{path}{part}").rename(f"{kept}{part}")
    if anchor.path().exists():  # of the audit that goes along
        anchor.path().rename(f"{anchor.path()}.{kept.stem.rpartition('.')[2]}")
    return kept, kept_media if has_media else None


def _files(path: Path) -> list[str]:
    return [part for part in _PARTS if Path(f"{path}{part}").exists()]
