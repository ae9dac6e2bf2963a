"""The indexes by which lists of faces are found: docs/decisions/0010-lists-at-size.md.

Each is in the order of faces, so that a page of a list begins where the last one ended, however far
into the list that is.
"""

from django.db import models
from django.db.models import Q

from annotations.facs import MODEL_ACTION_UNITS
from annotations.models.unit_bits import unit_bits

_TRUE = Q(is_accepted=True)
#: Models' readings and people's proposals; a prediction is never the truth.
_OTHER = Q(is_accepted=False)
#: With these columns a list is read from the index alone.
_UNITS = ["units_present", "is_accepted"]


def _of_unit(au: int) -> list[models.Index]:
    shown = Q(units_present__has=unit_bits([au]))
    return [
        models.Index(fields=["face", *_UNITS], condition=_TRUE & shown, name=f"truth_shows_{au}"),
        models.Index(
            fields=["coder", "face", *_UNITS],
            condition=_OTHER & shown,
            name=f"reading_shows_{au}",
        ),
    ]


LISTS = [
    models.Index(
        fields=["emotion", "face", "is_accepted"], condition=_TRUE, name="truth_by_emotion"
    ),
    models.Index(fields=["coder", "emotion", "face"], name="reading_by_emotion"),
    models.Index(fields=["coder", "split", "face"], name="reading_by_split"),
    models.Index(fields=["coder", "quality", "face"], name="reading_by_quality"),
    *(
        models.Index(
            fields=["coder", "face", "differs"],
            condition=Q(differs=differs),
            name=f"reading_that_{name}",
        )
        for name, differs in (("differs", True), ("agrees", False))
    ),
    models.Index(
        fields=["confidence"], condition=Q(confidence__isnull=False), name="coding_by_sureness"
    ),
    *(index for au in MODEL_ACTION_UNITS for index in _of_unit(au)),
]
