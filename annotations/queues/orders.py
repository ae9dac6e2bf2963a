import random
from dataclasses import dataclass

from django.db import models


class Order(models.TextChoices):
    DISAGREEMENT = "disagreement"
    LABEL_ERRORS = "label_errors"
    RANDOM = "random"


@dataclass(frozen=True)
class Ranked:
    face_id: int
    score: float
    reason: str


def rank(order, faces, *, coder, target, seed):
    ids = sorted(faces.values_list("pk", flat=True))
    random.Random(seed).shuffle(ids)
    return [Ranked(pk, 0, f"Drawn at random (seed {seed}).") for pk in ids]
