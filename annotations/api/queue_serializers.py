"""Serializers of queues, and of faces in people's hands."""

from __future__ import annotations

from typing import Any

from django.contrib.auth import get_user_model
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from annotations.api.example_bodies import with_examples
from annotations.codings.selectors import default_coder
from annotations.models import Assignment, Coder, Queue, QueueMaking, Stage
from annotations.queues.assignments import reason_for
from annotations.queues.orders import TARGETS, Order
from annotations.queues.people import stages_of, team_of
from annotations.queues.permissions import queue_policy
from annotations.queues.plans import QueuePlan
from annotations.queues.standing import standings
from annotations.queues.stuck import problems_of
from annotations.visibility import hides_queue

FIRST_STAGES = [(stage.value, stage.label) for stage in (Stage.CODING, Stage.ACCEPTANCE)]


class ProgressSerializer(serializers.Serializer[Any]):
    stage = serializers.ChoiceField(choices=Stage.choices)
    done = serializers.IntegerField()
    total = serializers.IntegerField()
    mine = serializers.IntegerField(help_text="Of those done, by you.")
    left = serializers.BooleanField(help_text="Whether `next/` would hand you a face.")
    why = serializers.CharField(help_text="Why not, and what the stage waits for.")


class ProblemSerializer(serializers.Serializer[Any]):
    stage = serializers.ChoiceField(choices=Stage.choices)
    text = serializers.CharField()


class MembersSerializer(serializers.Serializer[Any]):
    """User names by stage; an empty list means everyone with the right role."""

    coding = serializers.ListField(child=serializers.CharField(), required=False)
    validation = serializers.ListField(child=serializers.CharField(), required=False)
    acceptance = serializers.ListField(child=serializers.CharField())


class QueueSerializer(serializers.ModelSerializer[Queue]):
    """A queue. Order, target, seed and model are blank if you code its faces blind."""

    order = serializers.CharField(read_only=True, help_text="Blank where it would tell too much.")
    seed = serializers.IntegerField(read_only=True, allow_null=True)
    model = serializers.CharField(source="model.name", default=None, allow_null=True)
    people = serializers.SerializerMethodField(help_text="Who is named for some stage.")
    members = serializers.SerializerMethodField()
    stages = serializers.SerializerMethodField()
    problems = serializers.SerializerMethodField(
        help_text="Why it can't go on, and what to do; for reviewers."
    )

    class Meta:
        model = Queue
        fields = [
            "id", "name", "order", "target", "seed", "model", "first_stage", "coders_per_face",
            "is_blind", "is_open", "people", "members", "stages", "problems", "created_at",
        ]  # fmt: skip
        read_only_fields = fields

    def to_representation(self, queue: Queue) -> dict[str, Any]:
        shown = super().to_representation(queue)
        if hides_queue(self.context["request"].user, queue):
            shown |= {"order": "", "target": "", "seed": None, "model": None}
        return shown

    @extend_schema_field(ProgressSerializer(many=True))
    def get_stages(self, queue: Queue) -> list[dict[str, Any]]:
        user = self.context["request"].user
        return [
            {
                "stage": row.stage,
                "done": row.progress.done,
                "total": row.progress.total,
                "mine": row.progress.mine,
                "left": row.left,
                "why": row.why,
            }
            for row in standings(queue, user)
        ]

    @extend_schema_field(MembersSerializer)
    def get_members(self, queue: Queue) -> dict[str, list[str]]:
        team = team_of(queue)
        return {stage: [user.username for user in team[stage]] for stage in stages_of(queue)}

    @extend_schema_field(serializers.ListField(child=serializers.CharField()))
    def get_people(self, queue: Queue) -> list[str]:
        return sorted({name for names in self.get_members(queue).values() for name in names})

    @extend_schema_field(ProblemSerializer(many=True))
    def get_problems(self, queue: Queue) -> Any:
        user = self.context["request"].user
        if not queue_policy.allows(user, "see_readings", queue):  # they count gold faces
            return []
        return ProblemSerializer(problems_of(queue), many=True).data


class NameField(serializers.SlugRelatedField[Any]):
    """A row by its name, which PostgreSQL can't compare with a NUL character."""

    def to_internal_value(self, data: Any) -> Any:
        if not isinstance(data, str) or "\0" in data:
            self.fail("does_not_exist", slug_name=self.slug_field, value="?")
        return super().to_internal_value(data)


def _people_field(**kwargs: Any) -> NameField:
    # Whoever is named already may stay named, deactivated or not; queues/people.py says who may.
    people = get_user_model().objects.order_by("username")
    return NameField(slug_field="username", queryset=people, many=True, **kwargs)


class TeamSerializer(serializers.Serializer[Any]):
    """User names by stage.

    An empty list means everyone with the right role; a stage that is left out stays as it is.
    """

    coding = _people_field(required=False)
    validation = _people_field(required=False)
    acceptance = _people_field(required=False)

    def to_internal_value(self, data: Any) -> Any:
        unknown = sorted(set(map(str, data)) - set(self.fields)) if isinstance(data, dict) else []
        if unknown:
            message = "There is no such stage; there are coding, validation and acceptance."
            raise serializers.ValidationError({unknown[0][:40]: [message]})
        return super().to_internal_value(data)


@with_examples
class QueuePlanSerializer(serializers.Serializer[Any]):
    """A queue to be made; docs/queues.md describes the orders."""

    name = serializers.CharField(max_length=80)
    order = serializers.ChoiceField(choices=Order.choices)
    target = serializers.ChoiceField(
        choices=TARGETS,
        required=False,
        allow_blank=True,
        default="",
        help_text="What the order ranks faces by.",
    )
    model = NameField(
        slug_field="name",
        queryset=Coder.objects.filter(kind=Coder.Kind.MODEL),
        required=False,
        allow_null=True,
        default=None,
        help_text="Name of a model; null means the champion.",
    )
    limit = serializers.IntegerField(
        required=False, allow_null=True, default=None, min_value=1, max_value=1_000_000
    )
    seed = serializers.IntegerField(required=False, default=1, min_value=0, max_value=2**31 - 1)
    first_stage = serializers.ChoiceField(
        choices=FIRST_STAGES, required=False, default=Stage.ACCEPTANCE
    )
    people = NameField(
        slug_field="username",
        queryset=get_user_model().objects.filter(is_active=True),
        many=True,
        required=False,
        default=list,
        help_text="User names: each for every stage that their role allows. `members` says it by "
        "stage; none means everyone with the right role.",
    )
    members = TeamSerializer(required=False, default=dict)
    coders_per_face = serializers.IntegerField(required=False, default=1, min_value=1, max_value=20)
    is_blind = serializers.BooleanField(required=False, default=False)
    gold_faces = serializers.IntegerField(required=False, default=0, min_value=0, max_value=1000)

    def plan(self) -> QueuePlan:
        given = dict(self.validated_data)
        given["model"] = given["model"] or default_coder()
        return QueuePlan(**given)


class QueueMakingSerializer(serializers.Serializer[Any]):
    """A worker makes the queue."""

    job = serializers.SerializerMethodField(
        help_text="Its job, `jobs/<job>/`: follow it until it has succeeded, or cancel it."
    )
    name = serializers.CharField(help_text="The queue's, when it is there.")

    def get_job(self, run: QueueMaking) -> str:
        return f"queue-{run.pk}"


@with_examples
class QueueEditSerializer(serializers.Serializer[Any]):
    """Changes to a queue; what is left out stays."""

    name = serializers.CharField(max_length=80, required=False)
    members = TeamSerializer(required=False)
    is_open = serializers.BooleanField(required=False)
    shows = serializers.IntegerField(
        required=False,
        min_value=1,
        max_value=2**31 - 1,
        help_text="Of a blind queue: the number of faces, not coded yet, that closing it or taking "
        "coders off it is known to show them. Asked by a 409.",
    )


@with_examples
class NextSerializer(serializers.Serializer[Any]):
    stage = serializers.ChoiceField(choices=Stage.choices, required=False)


class AssignmentSerializer(serializers.ModelSerializer[Assignment]):
    """A face in your hands. `face` is null if nothing is left for you."""

    face = serializers.IntegerField(source="item.face_id", allow_null=True)
    reason = serializers.SerializerMethodField(
        help_text="Why the queue has it; blank to who codes it blind."
    )

    class Meta:
        model = Assignment
        fields = ["id", "face", "stage", "state", "reason", "note"]
        read_only_fields = fields

    def get_reason(self, assignment: Assignment) -> str:
        return reason_for(self.context["request"].user, assignment)


class NextAnswerSerializer(serializers.Serializer[Any]):
    assignment = AssignmentSerializer(allow_null=True, help_text="Null: nothing is left for you.")
