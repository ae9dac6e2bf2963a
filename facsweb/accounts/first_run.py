"""The greeting of a database in which nobody can administer yet."""

from __future__ import annotations

from facsweb.accounts.last_admin import admins
from facsweb.accounts.links import FIRST_FOR, make_link


def greeting(url: str) -> str:
    """Return where and by which new code the first admin is made; empty where there is one."""
    if admins().exists():
        return ""
    _, code = make_link(None, None, FIRST_FOR)
    return (
        f"Nobody can sign in yet. Open {url}/first/#{code}\n"
        f"and make the first admin, by the code {code} (once, within a day)."
    )
