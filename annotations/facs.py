"""FACS facts: action units, intensities, emotion classes. Pure Python, no Django.

Names and muscles follow Ekman, Friesen & Hager (2002), *Facial Action Coding System: The Manual*;
CK+'s numbers follow Lucey et al. (2010), "The Extended Cohn-Kanade Dataset (CK+)".
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class ActionUnit:
    """One action unit: its FACS number, name, muscle and the region of the face it moves."""

    number: int
    name: str
    muscle: str
    region: str

    @property
    def code(self) -> str:
        return f"AU{self.number}"


_TABLE = (
    (1, "Inner brow raiser", "Frontalis, pars medialis", "brow"),
    (2, "Outer brow raiser", "Frontalis, pars lateralis", "brow"),
    (4, "Brow lowerer", "Depressor glabellae, depressor supercilii, corrugator", "brow"),
    (5, "Upper lid raiser", "Levator palpebrae superioris", "eyes"),
    (6, "Cheek raiser", "Orbicularis oculi, pars orbitalis", "cheeks"),
    (7, "Lid tightener", "Orbicularis oculi, pars palpebralis", "eyes"),
    (9, "Nose wrinkler", "Levator labii superioris alaeque nasi", "nose"),
    (10, "Upper lip raiser", "Levator labii superioris", "mouth"),
    (11, "Nasolabial deepener", "Zygomaticus minor", "cheeks"),
    (12, "Lip corner puller", "Zygomaticus major", "mouth"),
    (13, "Sharp lip puller", "Levator anguli oris", "mouth"),
    (14, "Dimpler", "Buccinator", "mouth"),
    (15, "Lip corner depressor", "Depressor anguli oris", "mouth"),
    (16, "Lower lip depressor", "Depressor labii inferioris", "mouth"),
    (17, "Chin raiser", "Mentalis", "chin"),
    (18, "Lip pucker", "Incisivii labii superioris and inferioris", "mouth"),
    (20, "Lip stretcher", "Risorius", "mouth"),
    (21, "Neck tightener", "Platysma", "neck"),
    (22, "Lip funneler", "Orbicularis oris", "mouth"),
    (23, "Lip tightener", "Orbicularis oris", "mouth"),
    (24, "Lip presser", "Orbicularis oris", "mouth"),
    (25, "Lips part", "Depressor labii, relaxed mentalis or orbicularis oris", "mouth"),
    (26, "Jaw drop", "Relaxed temporalis and internal pterygoid", "jaw"),
    (27, "Mouth stretch", "Pterygoids, digastric", "jaw"),
    (28, "Lip suck", "Orbicularis oris", "mouth"),
    (29, "Jaw thrust", "Pterygoids, masseter", "jaw"),
    (30, "Jaw sideways", "Pterygoids", "jaw"),
    (31, "Jaw clencher", "Masseter", "jaw"),
    (32, "Lip bite", "Masseter, temporalis", "mouth"),
    (33, "Cheek blow", "Orbicularis oris, buccinator", "cheeks"),
    (34, "Cheek puff", "Orbicularis oris, mentalis", "cheeks"),
    (35, "Cheek suck", "Buccinator", "cheeks"),
    (36, "Tongue bulge", "Genioglossus", "mouth"),
    (37, "Lip wipe", "Orbicularis oris, genioglossus", "mouth"),
    (38, "Nostril dilator", "Nasalis, pars alaris", "nose"),
    (39, "Nostril compressor", "Nasalis, pars transversa", "nose"),
    (43, "Eyes closed", "Relaxed levator palpebrae superioris", "eyes"),
    (44, "Squint", "Orbicularis oculi, pars palpebralis", "eyes"),
    (45, "Blink", "Relaxed levator palpebrae, orbicularis oculi", "eyes"),
    (46, "Wink", "Orbicularis oculi", "eyes"),
    (54, "Head down", "Neck muscles", "head"),
    (62, "Eyes turn right", "Extraocular muscles", "eyes"),
    (63, "Eyes up", "Extraocular muscles", "eyes"),
    (64, "Eyes down", "Extraocular muscles", "eyes"),
)

ACTION_UNITS: dict[int, ActionUnit] = {row[0]: ActionUnit(*row) for row in _TABLE}

#: The 15 action units that the model answers for, in its output's order.
MODEL_ACTION_UNITS: tuple[int, ...] = (1, 2, 4, 6, 7, 11, 12, 14, 15, 17, 23, 24, 25, 26, 27)

#: Codes that tell what can't be seen of a face (brows, eyes, lower face, all of it, unscorable);
#: they are no movement, so nobody's agreement on an expression.
VISIBILITY_CODES: frozenset[int] = frozenset(range(70, 75))

#: High-level emotion classes, in the model's output order. Stored by name, never by index.
EMOTIONS: tuple[str, ...] = ("negative", "positive", "surprise")

INTENSITIES: dict[str, str] = {
    "A": "trace",
    "B": "slight",
    "C": "marked or pronounced",
    "D": "severe or extreme",
    "E": "maximum",
}

#: CK+'s numbers in `*_emotion.txt`. Neutral belongs to no high-level class.
CKPLUS_EMOTIONS: tuple[str, ...] = (
    "neutral", "anger", "contempt", "disgust", "fear", "happy", "sadness", "surprise",
)  # fmt: skip

HIGH_LEVEL: dict[str, str] = {
    "anger": "negative",
    "contempt": "negative",
    "disgust": "negative",
    "fear": "negative",
    "sadness": "negative",
    "happy": "positive",
    "surprise": "surprise",
}


def intensity_from_ckplus(level: int) -> str:
    """CK+'s 0-5 as FACS's A-E; 0 there means present with no intensity coded, so "".

    >>> intensity_from_ckplus(3), intensity_from_ckplus(0)
    ('C', '')
    """
    if not 0 <= level <= 5:
        raise ValueError(f"intensity {level} is not within CK+'s 0 to 5")
    return "" if level == 0 else "ABCDE"[level - 1]


@dataclass(frozen=True)
class Anomaly:
    """A coding that FACS finds odd: these units present, those absent. A warning, never a bar."""

    present: tuple[int, ...]
    absent: tuple[int, ...]
    text: str

    def fits(self, units: set[int]) -> bool:
        return units.issuperset(self.present) and units.isdisjoint(self.absent)


#: By the units' definitions in the FACS manual: AU25, 26 and 27 are one series of mouth opening,
#: of which the peak is scored; AU24 presses the lips together, which AU25 parts.
ANOMALIES: tuple[Anomaly, ...] = (
    Anomaly((26, 27), (), "AU26 with AU27: two steps of one series; score the one at the peak."),
    Anomaly((27,), (25,), "AU27 without AU25: a stretched mouth parts the lips."),
    Anomaly((24, 25), (), "AU24 with AU25: pressed lips aren't parted; score the one at the peak."),
    Anomaly((24, 27), (), "AU24 with AU27: lips can't be pressed in a stretched mouth."),
)


def anomalies(units: set[int]) -> list[str]:
    """What is odd about these present action units, in words.

    >>> anomalies({25, 26, 27})
    ['AU26 with AU27: two steps of one series; score the one at the peak.']
    """
    return [anomaly.text for anomaly in ANOMALIES if anomaly.fits(units)]
