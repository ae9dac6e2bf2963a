"""Errors: a backup isn't made, isn't believed or isn't restored, and the text says why."""

from facsweb.problems import Conflict, Problem


class CannotBackUp(Problem):
    """The backup can't be made; nothing of it is left."""

    code = "cannot_back_up"


class BadBackup(Problem):
    """The archive is damaged, was changed, or isn't one of ours; nothing was restored."""

    code = "bad_backup"


class NewerBackup(BadBackup):
    """The archive is of a newer facsweb than this one."""

    code = "newer_backup"


class CannotRestore(Conflict):
    """This machine isn't fit to be restored to; nothing on it was changed."""

    code = "cannot_restore"
