"""The policy for models, their runs and explanations: who may do what."""

from annotations.visibility import WHY_NOT_YET, may_see_model
from facsweb.accounts.permissions import may_administer, may_decide
from facsweb.accounts.policies import Policy, Rule, role

#: The things it judges: an InferenceRun or a PriorRun to cancel, a Face to explain.
model_policy = Policy(
    {
        "promote": [role(may_administer, "Only an admin promotes a model.")],
        "predict_all": [
            role(may_decide, "Only reviewers and admins ask for predictions of every face.")
        ],
        "ask_prior": [
            role(may_administer, "Only an admin has the expression prior read the faces.")
        ],
        "cancel": [
            Rule(
                lambda user, run: may_administer(user) or run.requested_by_id == user.pk,
                "Only an admin, or who asked for it, cancels an inference run.",
            )
        ],
        "explain": [Rule(may_see_model, WHY_NOT_YET)],
    }
)
