"""Work: faces in an order, handed out to named people, stage by stage.

Two axes, as in CVAT: the stage says what is to be done (coding, validation, acceptance), the state
how far that has come.
"""

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from annotations.models.codings import Coder, Coding
from annotations.models.faces import Face
from annotations.models.querysets import QueueItemQuerySet, QueueQuerySet


class Stage(models.TextChoices):
    CODING = "coding"
    VALIDATION = "validation"
    ACCEPTANCE = "acceptance"


class State(models.TextChoices):
    NEW = "new"
    IN_PROGRESS = "in_progress", "in progress"
    COMPLETED = "completed"
    REJECTED = "rejected"
    #: Of an assignment: worked on, then handed on to others, as its owner can't go on.
    RELEASED = "released"


class Queue(models.Model):
    """Faces to work through. Its order is fixed when it is made, so everybody sees the same."""

    name = models.CharField(max_length=80, unique=True)
    #: A value of annotations.queues.orders.Order, with what it is about and its seed.
    order = models.CharField(max_length=20)
    target = models.CharField(max_length=16, blank=True)
    seed = models.PositiveIntegerField(default=1)
    #: The model whose readings ordered it.
    model = models.ForeignKey(
        Coder, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    first_stage = models.CharField(max_length=12, choices=Stage.choices, default=Stage.ACCEPTANCE)
    coders_per_face = models.PositiveSmallIntegerField(default=1)
    is_blind = models.BooleanField(default=False)
    is_open = models.BooleanField(default=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)

    objects = QueueQuerySet.as_manager()

    class Meta:
        ordering = ["-is_open", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(coders_per_face__gte=1), name="a_face_has_at_least_one_coder"
            ),
            models.CheckConstraint(
                condition=Q(is_blind=False) | Q(first_stage="coding"), name="only_coding_is_blind"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class QueueMember(models.Model):
    """Somebody named for a stage. Where nobody is, anybody with the role may work on it."""

    queue = models.ForeignKey(Queue, on_delete=models.CASCADE, related_name="members")
    # Not CASCADE: without its last member a stage would be open to everybody.
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="queue_memberships"
    )
    stage = models.CharField(max_length=12, choices=Stage.choices)

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["queue", "stage", "user"], name="nobody_is_named_twice_for_a_stage"
            )
        ]

    def __str__(self) -> str:
        return f"{self.user}: {self.stage} of {self.queue}"


class QueueItem(models.Model):
    """One face in a queue: its place, why it is there, and how far it has come."""

    queue = models.ForeignKey(Queue, on_delete=models.CASCADE, related_name="items")
    face = models.ForeignKey(Face, on_delete=models.PROTECT, related_name="queue_items")
    position = models.PositiveIntegerField()
    reason = models.CharField(max_length=300)
    stage = models.CharField(max_length=12, choices=Stage.choices)
    state = models.CharField(max_length=12, choices=State.choices, default=State.NEW)
    #: How many people the stage needs, and how many have been handed the face.
    wanted = models.PositiveSmallIntegerField(default=1)
    taken = models.PositiveSmallIntegerField(default=0)
    #: A gold face's known truth. Coders can't tell it from the others.
    gold = models.ForeignKey(
        Coding, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )

    objects = QueueItemQuerySet.as_manager()

    class Meta:
        ordering = ["position"]
        indexes = [
            models.Index(fields=["queue", "stage", "position"], name="next_of_queue"),
            # Whoever asks for the next face passes nothing that is done, or taken by enough people.
            models.Index(
                fields=["queue", "stage", "position"],
                condition=Q(taken__lt=F("wanted")) & ~Q(state="completed"),
                name="waiting_in_queue",
            ),
            # For counts of a whole queue, without its rows.
            models.Index(
                fields=["queue", "stage", "state", "wanted", "taken", "gold"],
                name="state_in_queue",
            ),
            # Few of all, and asked for by themselves.
            models.Index(
                fields=["queue", "gold"], condition=Q(gold__isnull=False), name="gold_in_queue"
            ),
        ]
        constraints = [
            models.UniqueConstraint(fields=["queue", "face"], name="a_face_once_per_queue"),
            models.UniqueConstraint(fields=["queue", "position"], name="one_face_per_position"),
            models.CheckConstraint(
                condition=Q(taken__lte=F("wanted")), name="no_more_people_than_wanted"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.queue} {self.position}"


class Assignment(models.Model):
    """An item in somebody's hands, at one stage."""

    item = models.ForeignKey(QueueItem, on_delete=models.CASCADE, related_name="assignments")
    #: Its item's, which never changes: here so that a queue's assignments are counted by an index.
    queue = models.ForeignKey(
        Queue,
        on_delete=models.CASCADE,
        related_name="assignments",
        editable=False,
        db_index=False,  # it is the first of two indexes below
    )
    stage = models.CharField(max_length=12, choices=Stage.choices)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="assignments"
    )
    state = models.CharField(max_length=12, choices=State.choices, default=State.IN_PROGRESS)
    #: Why a reviewer sent it back.
    note = models.TextField(blank=True, max_length=2000)
    #: Skipped: it comes again when there is nothing else.
    skipped_at = models.DateTimeField(null=True, blank=True)
    started_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["pk"]
        indexes = [
            models.Index(fields=["queue", "stage", "state", "user"], name="share_of_queue"),
            models.Index(fields=["queue", "stage", "user", "finished_at"], name="pace_in_queue"),
            # What is in hands: few of all.
            models.Index(
                fields=["queue", "stage", "user"],
                condition=Q(finished_at__isnull=True),
                name="in_hand_of_queue",
            ),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["item", "stage", "user"], name="nobody_is_handed_a_face_twice"
            )
        ]

    def __str__(self) -> str:
        return f"{self.user}: {self.item} ({self.stage})"

    def save(self, *args: Any, **kwargs: Any) -> None:
        if self._state.adding:
            self.queue_id = self.item.queue_id
        super().save(*args, **kwargs)
