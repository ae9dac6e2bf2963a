"""Permission to bring data in and to take it out."""

from annotations.visibility import hides_anything
from facsweb.accounts.permissions import may_administer, may_decide, may_see_tags
from facsweb.accounts.policies import Policy, Rule, role

_REVIEWERS = role(may_decide, "Only reviewers and admins export data.")
#: Asked again when an export is fetched: its owner may have begun to code blind since.
_NOT_BLIND = Rule(
    lambda user, _: not hides_anything(user),
    "You code blind: an export would show you what you must not see yet.",
)

#: Its things: an Import or an Export to end, an Export to take.
transfer_policy = Policy(
    {
        "see": [_REVIEWERS],
        "import": [role(may_administer, "Only an admin imports files.")],
        "export": [_REVIEWERS, _NOT_BLIND],
        "take": [
            _NOT_BLIND,
            Rule(
                lambda user, run: may_see_tags(user) or not run.demographics,
                "This export holds demographics, which are for admins and auditors. Ask for "
                "another: it will leave them out.",
            ),
        ],
        "end": [
            Rule(
                lambda user, run: may_administer(user) or run.requested_by_id == user.pk,
                "Only an admin, or who asked for it, may do this.",
            )
        ],
    }
)
