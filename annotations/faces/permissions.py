"""Policy for demographics of single subjects: for those who need them, and for nobody else.

What is shown of them, `annotations.visibility` says.
"""

from facsweb.accounts.permissions import may_see_tags
from facsweb.accounts.policies import Policy, Rule

#: Its things: the tags that are asked for, of any dimension; none is asked by everybody.
tag_policy = Policy(
    {
        "choose_by": [
            Rule(
                lambda user, tags: not tags or may_see_tags(user),
                "Only admins and auditors choose faces by gender, age group or ethnicity.",
            )
        ]
    }
)
