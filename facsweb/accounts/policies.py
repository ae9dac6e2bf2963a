"""One object per kind of thing that says who may do what with it, on top of the roles.

A room names its own in a module `permissions`. Services call `check`, which refuses; pages call
`check_page`, which doesn't show that there is something; what only looks different calls `allows`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django.http import Http404

from facsweb.problems import Forbidden


@dataclass(frozen=True)
class Rule:
    """A condition on the user and the thing, and what is said where it doesn't hold.

    A refusal that says more than a sentence, such as which scopes are missing, is made from both.
    """

    holds: Callable[[Any, Any], bool]
    refusal: str | Callable[[Any, Any], Forbidden]

    def refuse(self, user: Any, thing: Any) -> Forbidden:
        if isinstance(self.refusal, str):
            return Forbidden(self.refusal)
        return self.refusal(user, thing)


def role(has_role: Callable[[Any], bool], refusal: str) -> Rule:
    """Make a rule about the user's role alone."""
    return Rule(lambda user, _: has_role(user), refusal)


class Policy:
    """The rules on who may do what with one kind of thing.

    >>> policy = Policy({"read": [Rule(lambda user, thing: user == thing, "Not yours.")]})
    >>> policy.allows("ada", "read", "ada"), policy.allows("ben", "read", "ada")
    (True, False)
    >>> policy.check("ben", "read", "ada")
    Traceback (most recent call last):
    facsweb.problems.Forbidden: Not yours.
    """

    def __init__(self, rules: Mapping[str, list[Rule]]) -> None:
        """Take each action's rules: all must hold, and the first that doesn't gives the refusal."""
        self._rules = rules

    def allows(self, user: Any, action: str, thing: Any = None) -> bool:
        return self._broken(user, action, thing) is None

    def refusal(self, user: Any, action: str, thing: Any = None) -> str:
        """Say why the user may not do this; "" where they may."""
        broken = self._broken(user, action, thing)
        return "" if broken is None else broken.refuse(user, thing).detail

    def check(self, user: Any, action: str, thing: Any = None) -> None:
        """Raise Forbidden unless the user may do this."""
        broken = self._broken(user, action, thing)
        if broken is not None:
            raise broken.refuse(user, thing)

    def check_page(self, user: Any, action: str, thing: Any = None) -> None:
        """Raise Http404 unless the user may do this: a page that isn't theirs isn't there."""
        broken = self._broken(user, action, thing)
        if broken is not None:
            raise Http404(broken.refuse(user, thing).detail)

    def _broken(self, user: Any, action: str, thing: Any) -> Rule | None:
        rules = self._rules[action]
        return next((rule for rule in rules if not rule.holds(user, thing)), None)
