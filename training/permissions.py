"""Policies for trainings and comparisons: who may start, cancel, archive, annotate, or see."""

from annotations.visibility import hides_anything
from facsweb.accounts.permissions import may_administer, may_decide, may_see_faces
from facsweb.accounts.policies import Policy, Rule, role

training_policy = Policy(
    {
        "start": [role(may_administer, "Only an admin starts a training.")],
        "set_thresholds": [role(may_administer, "Only an admin stores other thresholds.")],
        "check_drift": [role(may_decide, "Only reviewers and admins check a model for drift.")],
        "cancel": [role(may_administer, "Only an admin cancels a training.")],
        "archive": [role(may_administer, "Only an admin archives a training.")],
        "note": [role(may_decide, "Only reviewers and admins write notes on trainings.")],
        "take_predictions": [
            role(may_see_faces, "Only who may see faces reads what a model says of each.")
        ],
        "take_model": [
            role(may_decide, "Only reviewers and admins download models."),
            Rule(
                lambda user, _: not hides_anything(user),
                "A model’s file holds what it says of every face, and you have faces to code "
                "blind: save your own readings first.",
            ),
        ],
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
#: Who agrees with whom is for those who decide, as on the page of agreement.
coder_policy = Policy({"see": [role(may_decide, "Only reviewers see how coders differ.")]})
