"""Policies for reviews: who may say what of a face, and who may take it back."""

from annotations.visibility import WHY_NOT_YET, is_blind_to
from facsweb.accounts.permissions import (
    may_administer,
    may_decide,
    may_see_every_face,
    may_see_faces,
)
from facsweb.accounts.policies import Policy, Rule, role

_CODER_WANTED = "Your role does not allow this. Ask an admin for the coder role."
_REVIEWER_WANTED = "Your role does not allow this. Ask an admin for the reviewer role."

#: Its things: a ReviewContext to decide, a Review to undo, an Assignment to judge.
review_policy = Policy(
    {
        "propose": [role(may_see_faces, _REVIEWER_WANTED)],
        "decide": [
            role(may_decide, _REVIEWER_WANTED),
            Rule(lambda user, context: not context.is_blind, WHY_NOT_YET),
        ],
        "undo": [
            Rule(
                lambda user, review: review.reviewer_id == user.pk or may_administer(user),
                "Only who decided, or an admin, takes a decision back.",
            )
        ],
        "adjudicate": [role(may_decide, "Only reviewers adjudicate.")],
        "judge": [
            Rule(
                lambda user, assignment: may_decide(user) and assignment.user_id == user.pk,
                "This face is in somebody else's hands.",
            )
        ],
    }
)

bulk_policy = Policy(
    {
        "apply": [role(may_decide, "Only reviewers and admins decide on many faces at once.")],
        "undo": [
            Rule(
                lambda user, action: may_administer(user) or action.created_by_id == user.pk,
                "Only an admin, or who did it, undoes a bulk action.",
            )
        ],
    }
)

flag_policy = Policy(
    {
        "raise": [role(may_see_faces, _CODER_WANTED)],
        "resolve": [
            Rule(
                lambda user, flag: may_decide(user) or flag.user_id == user.pk,
                "Only a reviewer, or who raised the flag, resolves it.",
            )
        ],
    }
)

#: Of what programs send. Its things: the face whose neutral frame is sent. Of a face that somebody
#: codes blind, refusals would tell its place in a sequence.
upload_policy = Policy(
    {
        "faces": [role(may_see_every_face, _CODER_WANTED)],
        "neutral": [
            role(may_see_every_face, _CODER_WANTED),
            Rule(lambda user, face: not is_blind_to(user, face), WHY_NOT_YET),
        ],
        "replace_neutral": [
            role(
                may_administer,
                "Another picture is this sequence's neutral frame. Only an admin replaces it.",
            )
        ],
        "predictions": [
            role(may_decide, "Only reviewers and admins bring in another model's predictions.")
        ],
    }
)
