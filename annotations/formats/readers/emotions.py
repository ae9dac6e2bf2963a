"""Other programs' probabilities of basic emotions as those of our three classes."""

from __future__ import annotations

from collections.abc import Mapping

from annotations import facs

#: What Py-Feat, FaceReader, Affectiva, DeepFace and HSEmotion call an emotion -> CK+'s name.
NAMES: Mapping[str, str] = {
    "anger": "anger", "angry": "anger",
    "contempt": "contempt", "contemptuous": "contempt",
    "disgust": "disgust", "disgusted": "disgust",
    "fear": "fear", "fearful": "fear", "scared": "fear", "afraid": "fear",
    "happiness": "happy", "happy": "happy", "joy": "happy",
    "sadness": "sadness", "sad": "sadness",
    "surprise": "surprise", "surprised": "surprise",
    "neutral": "neutral",
}  # fmt: skip
#: What stands beside them and is no emotion of ours; named in the report as not read.
UNREAD = {
    "valence", "arousal", "dominance", "engagement", "attention", "boredom", "boring", "bored",
    "confusion", "confused", "calm", "compassion", "embarrassment", "interest", "pain", "pride",
    "relief", "sentimentality", "shame", "smile", "smirk", "other", "others", "none", "uncertain",
    "unknown", "emotion", "dominant_emotion",
}  # fmt: skip
#: Probabilities that are rounded to two digits add up to 1 within this.
_WHOLE_WITHIN = 0.02
_SAME_WITHIN = 1e-9


def class_of(chances: Mapping[str, float]) -> tuple[str, dict[str, float] | None]:
    """Return the class and the three classes' probabilities that CK+'s emotions amount to.

    A class's probability is the sum of its emotions', scaled to sum to 1 without neutral, which
    belongs to no class. There is no class, and no probability, where the numbers support none:

    - neutral is the likeliest emotion;
    - two classes are as likely as each other;
    - the emotions add up to less than 1 and what is missing, which is of something that we don't
      know, is as likely as the class; where it is less likely, no probability is given.

    What adds up to more than 1 are scores of each emotion by itself. They can't be summed: the
    class is that of the highest one, from 0.5, without probabilities.

    Parameters
    ----------
    chances
        CK+'s name of an emotion -> its probability of 0 to 1.

    Returns
    -------
    tuple
        A class of `facs.EMOTIONS`, or ""; and class -> probability, or None.

    Examples
    --------
    >>> class_of({"contempt": 0.88, "happy": 0.07, "neutral": 0.05})[0]
    'negative'
    >>> class_of({"happy": 0.2, "anger": 0.1, "neutral": 0.1})
    ('', None)
    >>> class_of({"happy": 0.9, "anger": 0.4, "fear": 0.4, "sadness": 0.4})
    ('positive', None)
    """
    whole = sum(chances.values())
    is_distribution = whole <= 1 + _WHOLE_WITHIN
    classes = dict.fromkeys(facs.EMOTIONS, 0.0)
    for name, chance in chances.items():
        high = facs.HIGH_LEVEL.get(name, "")
        if high:
            classes[high] = (
                classes[high] + chance if is_distribution else max(classes[high], chance)
            )
    neutral = chances.get("neutral", 0.0)
    first, second = sorted(classes, key=lambda name: -classes[name])[:2]
    if classes[first] - classes[second] <= _SAME_WITHIN or neutral >= max(
        (chance for name, chance in chances.items() if name != "neutral"), default=0.0
    ):
        return "", None
    if not is_distribution:
        return (first, None) if classes[first] >= 0.5 else ("", None)
    missing = 1 - whole
    if missing > _WHOLE_WITHIN:
        return (first, None) if classes[first] > missing + _SAME_WITHIN else ("", None)
    of_classes = sum(classes.values())
    return first, {name: chance / of_classes for name, chance in classes.items()}
