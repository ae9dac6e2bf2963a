"""A policy tells the first rule that is broken: to services as a refusal, to pages as a 404."""

import pytest
from django.http import Http404

from facsweb.accounts.policies import Policy, Rule, role
from facsweb.problems import Forbidden

policy = Policy(
    {
        "open": [
            role(lambda user: user != "outsider", "Members only."),
            Rule(lambda user, door: user == door, "It isn't yours."),
        ]
    }
)


def test_who_meets_every_rule_may():
    assert policy.allows("ada", "open", "ada")
    policy.check("ada", "open", "ada")
    policy.check_page("ada", "open", "ada")


@pytest.mark.parametrize(
    ("user", "said"), [("outsider", "Members only."), ("ben", "It isn't yours.")]
)
def test_the_first_broken_rule_is_told(user, said):
    assert not policy.allows(user, "open", "ada")
    with pytest.raises(Forbidden, match=said):
        policy.check(user, "open", "ada")
    with pytest.raises(Http404, match=said):
        policy.check_page(user, "open", "ada")


def test_a_refusal_may_say_more_than_a_sentence():
    class Locked(Forbidden):
        code = "locked"

    doors = Policy({"open": [Rule(lambda *_: False, lambda user, door: Locked(f"{user}: {door}"))]})
    with pytest.raises(Locked, match="ada: cellar"):
        doors.check("ada", "open", "cellar")
    with pytest.raises(Http404, match="ada: cellar"):
        doors.check_page("ada", "open", "cellar")


def test_an_action_that_has_no_rule_is_a_mistake_not_a_permission():
    with pytest.raises(KeyError):
        policy.allows("ada", "burn")
