"""The policies for trainings and comparisons: who may start and cancel them."""

from facsweb.accounts.permissions import may_administer, may_decide
from facsweb.accounts.policies import Policy, Rule, role

training_policy = Policy(
    {
        "start": [role(may_administer, "Only an admin starts a training.")],
        "cancel": [role(may_administer, "Only an admin cancels a training.")],
    }
)
#: The thing it judges: a Comparison to cancel.
comparison_policy = Policy(
    {
        "start": [role(may_decide, "Only reviewers and admins have coders compared.")],
        "cancel": [
            Rule(
                lambda user, run: may_administer(user) or run.requested_by_id == user.pk,
                "Only an admin, or who asked for it, cancels a comparison.",
            )
        ],
    }
)
