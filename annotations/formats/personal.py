"""Names of files and subjects that may tell who somebody is: a person's name, a date.

Rules of thumb, for a warning and never for a refusal: a common given name as a word of its own, two
capitalised words in a row that are none of a data set's usual words, or a day of 1900 to 2039.
CK+'s names are never meant. `tests/annotations/formats/test_personal.py` measures both errors.
"""

from __future__ import annotations

import itertools
import re
from pathlib import PurePosixPath

_CKPLUS = re.compile(r"S\d{3}([_-]\d{3}([_-]\d{1,8})?)?", re.IGNORECASE)
_YEAR, _MONTH, _DAY = r"(?:19\d\d|20[0-3]\d)", r"(?:0[1-9]|1[0-2])", r"(?:0[1-9]|[12]\d|3[01])"
_DATE = re.compile(
    rf"(?<!\d)(?:{_YEAR}(?P<a>[-_.]?){_MONTH}(?P=a){_DAY}|{_DAY}(?P<b>[-_.]?){_MONTH}(?P=b){_YEAR}"
    rf"|{_DAY}\.{_MONTH}\.\d\d)(?!\d)"
)
#: Words of a name: what is between separators and digits, cut before each capital.
_WORD = re.compile(r"[^\W\d_]+")
_HUMP = re.compile(r"(?<=[^\W\d_A-Z])(?=[A-Z])")
_LONGEST, _SHORTEST = 16, 2
_MOST_SHOWN = 3

#: Given names that are common somewhere, without those that are words of data sets, of faces or of
#: months too (Joy, Mark, Iris, May).
_GIVEN = frozenset(
    """
    aaliyah aaron abdul abdullah abigail adam adriana agnieszka ahmed aisha alejandro aleksandr
    alessandro alexander alexandra alexei alexis alice alicia alina amanda amelia amina amir amy
    ananya andrea andreas andrei andrew andrzej angela anita anna anne annika anthony antonio anya
    arjun arthur aylin ayse barbara beatriz benjamin bernd birgit boris brandon brian bruno camila
    carlos carmen caroline catherine charlotte chiara chidi chinedu chloe christina christine
    christopher claudia clara daniel daniela daria david deborah deepak denise diego dieter dimitri
    dmitri dominik dorothy eduardo edward elena elif elizabeth emily emma enrique eric erika ethan
    eva evelyn fatima fatma felix fernanda fernando florian francesca francesco francisco frederik
    gabriel gabriela gabriele gareth george giulia giuseppe gonzalo greta guillaume gustavo hannah
    hans harald haruto hassan heather heike heinrich helen helena helga hiroshi hugo ibrahim ingrid
    irina isabel isabella ivan jacob jacqueline jakob james jan javier jasmine jean jelena jennifer
    jessica joan joao johanna johannes john jonas jonathan jorge jose joseph josephine joshua juan
    julia julian juliana julie jun kamal karen karim karin karolina katarzyna katherine kathleen
    katja kavya kenji kevin khadija kim klaus kofi krzysztof kumar kwame laura lauren leila lena
    leon leonardo liam lina linda lisa lucas lucia luis luisa lukas magdalena mahmoud malik manuel
    marcel marcelo marco margaret maria mariam marie marina mario marta martha martin martina maryam
    mateo matteo matthew matthias mehmet mei melissa mercedes michael michelle miguel mikhail minh
    miriam mohamed mohammad mohammed monica monika muhammad mustafa nadia nancy natalia natalie
    natasha nathan neha nguyen nicholas nicola nicole nikolai nina nkechi noah noor nora olga
    olivia oliver omar oscar pablo pamela paola patricia patrick paul paula pavel pedro peter petra
    philip pierre piotr priya rachel rahul raj rajesh raphael rashid rebecca renate ricardo richard
    robert roberto rodrigo roland rosa ruth sabine sakura salma samantha samuel sandra sara sarah
    sean sebastian sergei sergio sharon shreya silvia simon simone sofia sonia sophia sophie stefan
    stefanie stephanie stephen steven sunita susan susanne svetlana tamara tanja tatiana teresa
    theodore theresa thomas timothy tobias tomasz ursula valentina vanessa vera veronica victoria
    vikram vincent viktor vladimir walter wei werner wilhelm william wolfgang xavier xin yan yasmin
    yosef youssef yuki yuri yusuf zainab zeynep
    """.split()  # noqa: SIM905 - shorter than a list of quoted words
)
#: Words that data sets write with a capital, and that are no names.
_USUAL = frozenset(
    """
    angry anger afraid fear fearful disgust disgusted contempt happy happiness joy sad sadness
    surprise surprised neutral negative positive smile smiling frown open closed mouth eyes eye face
    faces facial head brow brows nose lip lips cheek chin left right front frontal profile half full
    side top upper lower image images img picture pictures pic photo photos frame frames video
    videos clip scan raw crop cropped aligned data dataset set sets train training test testing
    valid validation dev fold part batch session trial run take task stimulus stim condition group
    control patient healthy subject subjects participant participants person people proband
    volunteer respondent id ids no number code codes study pilot baseline before after pre post day
    week month year visit female male man woman men women boy girl child adult young old white black
    asian latino caucasian african european light dark colour color grey gray camera cam screen shot
    screenshot export import copy new final version original apex onset offset peak start end begin
    unknown nobody none other expression expressions emotion emotions action unit units low high
    medium intensity pose posed spontaneous natural north south east west
    """.split()  # noqa: SIM905 - as above
)


def looks_personal(text: str) -> str:
    """Tell why a subject's code or a file's name may say who somebody is.

    Parameters
    ----------
    text
        A code, or a file's name with or without folders and suffix. Only the last part counts.

    Returns
    -------
    str
        In words, such as `the name “anna”`; "" where nothing strikes.

    Examples
    --------
    >>> looks_personal("anna_03.png"), looks_personal("Mueller-Koenig"), looks_personal("S005")
    ('the name “anna”', 'the name “Mueller Koenig”', '')
    >>> looks_personal("p07_1987-03-12"), looks_personal("S005_001_00000011.png")
    ('the date “1987-03-12”', '')
    """
    stem = _stem(text)
    if _CKPLUS.fullmatch(stem):
        return ""
    if date := _DATE.search(stem):
        return f"the date “{date[0]}”"
    words = [word for run in _WORD.findall(stem) for word in _HUMP.split(run)]
    for word in words:
        if word.lower() in _GIVEN:
            return f"the name “{word}”"
    for first, second in itertools.pairwise(words):
        if _may_be_a_name(first) and _may_be_a_name(second):
            return f"the name “{first} {second}”"
    return ""


def warnings_of(subject: str, file: str) -> list[str]:
    """Say in sentences what a subject's code and the name of their picture's file may tell."""
    suspects = Suspects()
    suspects.look_at(subject, file)
    return suspects.sentences()


class Suspects:
    """Codes and names that may tell who somebody is: how many, and the first of them."""

    def __init__(self) -> None:
        self._found: dict[str, dict[str, str]] = {"subject’s code": {}, "file’s name": {}}
        self._seen: set[int] = set()

    def look_at(self, subject: str, file: str) -> None:
        """Look at one picture's subject and file name; a blank one tells nothing."""
        texts = (subject, file.replace("\\", "/").rpartition("/")[2])
        for noun, text in zip(self._found, texts, strict=True):
            key = hash((noun, text))
            if text and key not in self._seen:
                self._seen.add(key)
                if why := looks_personal(text):
                    self._found[noun][text] = why

    def sentences(self) -> list[str]:
        """Say what was found, one sentence for codes and one for file names."""
        return [
            f"{len(found)} {noun if len(found) == 1 else noun.replace('’s', 's’') + 's'} may tell "
            f"who somebody is: {self._shown(found)}. Give people codes that mean nothing, such as "
            "P0001, and keep the list of names elsewhere."
            for noun, found in self._found.items()
            if found
        ]

    @staticmethod
    def _shown(found: dict[str, str]) -> str:
        first = [f"{text[:60]} ({why})" for text, why in list(found.items())[:_MOST_SHOWN]]
        return ", ".join(first) + (", …" if len(found) > _MOST_SHOWN else "")


def _stem(text: str) -> str:
    name = PurePosixPath(text.replace("\\", "/")).name
    stem, dot, suffix = name.rpartition(".")
    return stem if dot and suffix.lower() in {"png", "jpg", "jpeg", "bmp", "tif", "tiff"} else name


def _may_be_a_name(word: str) -> bool:
    return (
        _SHORTEST <= len(word) <= _LONGEST
        and word[0].isupper()
        and word[1:].islower()
        and word.lower() not in _USUAL
    )
