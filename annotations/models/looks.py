"""First looks: when a person was first shown what somebody else says of a face."""

from django.conf import settings
from django.db import models
from django.utils import timezone

from annotations.models.faces import Face


class FirstLook(models.Model):
    """The moment from which a person is no longer blind to a face. Written once.

    Written by annotations.visibility alone.
    """

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="first_looks"
    )
    face = models.ForeignKey(Face, on_delete=models.CASCADE, related_name="first_looks")
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "face"], name="one_first_look_at_a_face")
        ]

    def __str__(self) -> str:
        return f"{self.user}: face {self.face_id}"
