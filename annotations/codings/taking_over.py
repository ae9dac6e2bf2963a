"""Rules for what a coding takes over from another one, and from whose.

A decision about the truth keeps what the former truth says beyond it. A coder's opinion takes over
only what the same coder said before; otherwise people would agree on what nobody looked at.
"""

from __future__ import annotations

from collections.abc import Collection

from annotations.codings.reading import Reading, Score, reading_of
from annotations.models import Coder, Coding


def merged(reading: Reading, earlier: Coding | None, about: Collection[int] = ()) -> Reading:
    """Return `reading`, and beyond it what `earlier` says.

    Beyond it are action units that it neither scores nor is `about`, the side of a unit that both
    find present, and the basic emotion where the emotion stays the same.
    """
    if earlier is None:
        return reading
    former = reading_of(earlier)
    bare = former.scores_without_probability()
    kept = {au: score for au, score in bare.items() if au not in about}
    given = {au: _with_side(score, former.scores.get(au)) for au, score in reading.scores.items()}
    same_emotion = reading.emotion == former.emotion
    basic = reading.basic_emotion or (former.basic_emotion if same_emotion else "")
    return Reading(reading.emotion, {**kept, **given}, basic)


def taken_from_model(prediction: Coding, truth: Coding | None) -> Reading:
    """Return the reading for the coding of a person who accepts the model's reading.

    The model knows neither intensities nor other units, so those of the truth stay: intensities and
    sides where both find the unit present.
    """
    said = reading_of(prediction)
    former = reading_of(truth).scores if truth else {}
    scores = {}
    for au, score in said.scores.items():
        earlier = former.get(au)
        keeps = score.present and earlier is not None and earlier.present
        scores[au] = Score(score.present, earlier.intensity if keeps and earlier else "")
    return merged(Reading(said.emotion, scores), truth)


def may_be_revised_by(coder: Coder, coding: Coding | None) -> bool:
    """Tell whether `coding` is the coder's own reading, so that an opinion may go on from it."""
    return coding is not None and coding.coder_id == coder.pk and coding.is_independent


def _with_side(score: Score, former: Score | None) -> Score:
    """Keep the side of a unit that stays present, as the editor has no sides."""
    if former and score.present and former.present and not score.side:
        return Score(True, score.intensity, side=former.side)
    return score.without_probability()
