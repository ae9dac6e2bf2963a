"""FACS facts: action units, intensities, emotion classes. Pure Python, no Django.

Names, kinds and muscles follow Ekman, Friesen & Hager (2002), *Facial Action Coding System: The
Manual*; CK+'s numbers follow Lucey et al. (2010), "The Extended Cohn-Kanade Dataset (CK+)".
"""

from dataclasses import dataclass
from enum import StrEnum
from operator import attrgetter


class Kind(StrEnum):
    """The group in which the manual counts a number."""

    ACTION_UNIT = "action unit"
    DESCRIPTOR = "action descriptor"
    HEAD = "head movement"
    EYES = "eye movement"
    VISIBILITY = "visibility"
    BEHAVIOUR = "gross behaviour"


@dataclass(frozen=True)
class ActionUnit:
    """One number of FACS: its name, muscle, the region of the face it moves, and its kind.

    The muscle is blank where the manual names none.
    """

    number: int
    name: str
    muscle: str
    region: str
    kind: Kind = Kind.ACTION_UNIT

    @property
    def code(self) -> str:
        """Its name in FACS, such as AU12."""
        return f"AU{self.number}"


_TABLE = (
    (1, "Inner brow raiser", "Frontalis, pars medialis", "brow"),
    (2, "Outer brow raiser", "Frontalis, pars lateralis", "brow"),
    (4, "Brow lowerer", "Depressor glabellae, depressor supercilii, corrugator", "brow"),
    (5, "Upper lid raiser", "Levator palpebrae superioris", "eyes"),
    (6, "Cheek raiser", "Orbicularis oculi, pars orbitalis", "cheeks"),
    (7, "Lid tightener", "Orbicularis oculi, pars palpebralis", "eyes"),
    (8, "Lips toward each other", "Orbicularis oris", "mouth"),
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
    (22, "Lip funneler", "Orbicularis oris", "mouth"),
    (23, "Lip tightener", "Orbicularis oris", "mouth"),
    (24, "Lip presser", "Orbicularis oris", "mouth"),
    (25, "Lips part", "Depressor labii, relaxed mentalis or orbicularis oris", "mouth"),
    (26, "Jaw drop", "Relaxed temporalis and internal pterygoid", "jaw"),
    (27, "Mouth stretch", "Pterygoids, digastric", "jaw"),
    (28, "Lip suck", "Orbicularis oris", "mouth"),
    (38, "Nostril dilator", "Nasalis, pars alaris", "nose"),
    (39, "Nostril compressor", "Nasalis, pars transversa", "nose"),
    # 41 and 42 are those of 1978, steps of what the manual of 2002 scores as 43; CK+ has them.
    (41, "Lid droop", "Relaxed levator palpebrae superioris", "eyes"),
    (42, "Slit", "Orbicularis oculi", "eyes"),
    (43, "Eyes closed", "Relaxed levator palpebrae superioris", "eyes"),
    (44, "Squint", "Orbicularis oculi, pars palpebralis", "eyes"),
    (45, "Blink", "Relaxed levator palpebrae, orbicularis oculi", "eyes"),
    (46, "Wink", "Orbicularis oculi", "eyes"),
)

_DESCRIPTORS = (
    (19, "Tongue show", "", "mouth"),
    (21, "Neck tightener", "Platysma", "neck"),
    (29, "Jaw thrust", "Pterygoids, masseter", "jaw"),
    (30, "Jaw sideways", "Pterygoids", "jaw"),
    (31, "Jaw clencher", "Masseter", "jaw"),
    (32, "Lip bite", "Masseter, temporalis", "mouth"),
    (33, "Cheek blow", "Orbicularis oris, buccinator", "cheeks"),
    (34, "Cheek puff", "Orbicularis oris, mentalis", "cheeks"),
    (35, "Cheek suck", "Buccinator", "cheeks"),
    (36, "Tongue bulge", "Genioglossus", "mouth"),
    (37, "Lip wipe", "Orbicularis oris, genioglossus", "mouth"),
)

_HEAD = (
    (51, "Head turn left"),
    (52, "Head turn right"),
    (53, "Head up"),
    (54, "Head down"),
    (55, "Head tilt left"),
    (56, "Head tilt right"),
    (57, "Head forward"),
    (58, "Head back"),
    (59, "Head shake up and down"),
    (60, "Head shake side to side"),
    (83, "Head upward and to the side"),
)

_EYES = (
    (61, "Eyes turn left"),
    (62, "Eyes turn right"),
    (63, "Eyes up"),
    (64, "Eyes down"),
    (65, "Walleye"),
    (66, "Cross-eye"),
    (68, "Upward rolling of eyes"),
    (69, "Eyes positioned to look at other person"),
)

_VISIBILITY = (
    (70, "Brows and forehead not visible"),
    (71, "Eyes not visible"),
    (72, "Lower face not visible"),
    (73, "Entire face not visible"),
    (74, "Unscorable"),
)

_BEHAVIOUR = (
    (40, "Sniff"),
    (50, "Speech"),
    (80, "Swallow"),
    (81, "Chewing"),
    (82, "Shoulder shrug"),
    (84, "Head shake back and forth"),
    (85, "Head nod up and down"),
    (91, "Flash"),
    (92, "Partial flash"),
    (97, "Shiver or tremble"),
    (98, "Fast up-down look"),
)

_ALL = (
    *(ActionUnit(*row) for row in _TABLE),
    *(ActionUnit(*row, Kind.DESCRIPTOR) for row in _DESCRIPTORS),
    *(ActionUnit(number, name, "Neck muscles", "head", Kind.HEAD) for number, name in _HEAD),
    *(ActionUnit(number, name, "Extraocular muscles", "eyes", Kind.EYES) for number, name in _EYES),
    *(ActionUnit(number, name, "", "face", Kind.VISIBILITY) for number, name in _VISIBILITY),
    *(ActionUnit(number, name, "", "head", Kind.BEHAVIOUR) for number, name in _BEHAVIOUR),
)

#: Every number that a FACS coder may write, by number: action units, action descriptors, head and
#: eye movements, visibility and gross behaviour.
ACTION_UNITS: dict[int, ActionUnit] = {
    unit.number: unit for unit in sorted(_ALL, key=attrgetter("number"))
}

#: Codes that say what of the face can't be seen. They are no action of it: nobody agrees on an
#: expression by them, and no model learns them.
VISIBILITY_CODES: frozenset[int] = frozenset(
    unit.number for unit in _ALL if unit.kind == Kind.VISIBILITY
)

#: FACS's prefixes of what shows on a part of the face only: left, right, top, bottom.
SIDES: tuple[str, ...] = ("L", "R", "T", "B")

#: The 15 action units that the model answers for, in its output's order.
MODEL_ACTION_UNITS: tuple[int, ...] = (1, 2, 4, 6, 7, 11, 12, 14, 15, 17, 23, 24, 25, 26, 27)

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
    """Turn an intensity of CK+ into that of FACS.

    Parameters
    ----------
    level
        0 to 5. CK+'s 0 means present with no intensity coded (Lucey et al., 2010, *The Extended
        Cohn-Kanade Dataset*).

    Returns
    -------
    str
        "A" (trace) to "E" (maximum), or "" where there is none.

    Raises
    ------
    ValueError
        Another level.

    Examples
    --------
    >>> intensity_from_ckplus(3), intensity_from_ckplus(0)
    ('C', '')
    """
    if not 0 <= level <= 5:
        raise ValueError(f"intensity {level} is not within CK+'s 0 to 5")
    return "" if level == 0 else "ABCDE"[level - 1]


@dataclass(frozen=True)
class Anomaly:
    """An unusual coding by FACS: these units present, those absent. A warning, never a bar."""

    present: tuple[int, ...]
    absent: tuple[int, ...]
    text: str

    def fits(self, units: set[int]) -> bool:
        """Tell whether a coding is of this kind.

        Parameters
        ----------
        units
            Numbers of the units that are present.
        """
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
    """Say what is unusual about a coding, by the units' definitions in the FACS manual.

    Parameters
    ----------
    units
        Numbers of the units that are present.

    Returns
    -------
    list of str
        A sentence for each anomaly; empty where there is none.

    Examples
    --------
    >>> anomalies({25, 26, 27})
    ['AU26 with AU27: two steps of one series; score the one at the peak.']
    """
    return [anomaly.text for anomaly in ANOMALIES if anomaly.fits(units)]
