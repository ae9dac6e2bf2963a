"""Data sets, label files, and what is no table of ours. Read as: what is sent, and what facsweb
makes of it. Label Studio's export, and what is named for what it seems to be, stand in
understood_exports.py.

One table: its rows are read against one another, so it is not cut by length.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable

from annotations.formats.readers.pictures import subject_of
from annotations.models import Coding, Face
from annotations.transfers.options import ImportOptions
from tests.annotations.transfers.understood import Case
from tests.annotations.transfers.understood_exports import EXPORTS
from tests.factories import png

STEM = "S005_001_00000011"
PICTURE = f"S005/001/{STEM}.png"
IMAGES = f"cohn-kanade-images/{PICTURE}"
FACS = f"S005/001/{STEM}_facs.txt"
EMOTION = f"S005/001/{STEM}_emotion.txt"
TWO_UNITS = "   9.0000000e+00   3.0000000e+00\n   1.2000000e+01   0.0000000e+00\n"
HAPPY = "   5.0000000e+00\n"
UNLABELLED = ImportOptions(unlabelled=True)


def zipped(files: dict[str, bytes | str]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return buffer.getvalue()


def table(header: str, *rows: str) -> dict[str, bytes | str]:
    """A data_labels.csv of one picture, S005.png, with its cells after the first."""
    lines = [f"filepath,{header}", *(f"S005.png,{row}" for row in rows)]
    return {"data_labels.csv": "\n".join(lines) + "\n", "S005.png": png()}


def scores(**wanted: str) -> Callable[[], None]:
    """`scores(AU12="LC", AU4="0")`: side and intensity, "+" for present alone, "0" for absent.

    What isn't named was not coded.
    """

    def check() -> None:
        told = {
            f"AU{score.au}": f"{score.side}{score.intensity}" or "+" if score.present else "0"
            for score in Coding.objects.get().scores.all()
        }
        assert told == wanted

    return check


def present(*numbers: int, absent: tuple[int, ...] = ()) -> Callable[[], None]:
    def check() -> None:
        (coding,) = Coding.objects.all()
        told = dict(coding.scores.values_list("au", "present"))
        assert {au for au, there in told.items() if there} == set(numbers)
        assert not any(told[au] for au in absent)

    return check


def codings(*wanted: tuple[str, str, bool]) -> Callable[[], None]:
    """(coder, emotion, whether it is the truth), in the order of the file."""

    def check() -> None:
        rows = Coding.objects.order_by("pk")
        assert list(rows.values_list("coder__name", "emotion", "is_accepted")) == list(wanted)

    return check


def subjects(**wanted: str) -> Callable[[], None]:
    """Picture's name without suffix -> subject."""

    def check() -> None:
        rows = Face.objects.values_list("source_name", "subject__code")
        assert {name.rpartition(".")[0]: code for name, code in rows} == wanted

    return check


def nothing_is_written() -> None:
    assert not Face.objects.exists()
    assert not Coding.objects.exists()


PEAK = {"faces_created": 1, "codings_created": 1, "refused": 0}

CKPLUS = [
    Case(
        "CK+ as its authors distribute it",
        {IMAGES: png(), f"FACS/{FACS}": TWO_UNITS, f"Emotion/{EMOTION}": HAPPY},
        PEAK,
        check=codings(("CK+", "positive", True)),
    ),
    Case(
        "CK+ as unzipped: extended-cohn-kanade-images, FACS_labels, Emotion_labels",
        {
            f"CK+/extended-cohn-kanade-images/{IMAGES}": png(),
            f"CK+/FACS_labels/FACS/{FACS}": TWO_UNITS,
            f"CK+/Emotion_labels/Emotion/{EMOTION}": HAPPY,
            "CK+/ReadMeCohnKanadeDatabase_website.txt": "hello",
        },
        PEAK,
        says=("text files",),
        check=codings(("CK+", "positive", True)),
    ),
    Case(
        "CK+ with lower-case folders and upper-case files",
        {
            f"Cohn-Kanade-Images/S005/001/{STEM}.PNG": png(),
            f"facs/{FACS.replace('facs', 'FACS')}": TWO_UNITS,
            f"emotion/{EMOTION.lower()}": HAPPY,
        },
        PEAK,
        check=codings(("CK+", "positive", True)),
    ),
    Case(
        "a zip of CK+'s four zips",
        {
            "ck/extended-cohn-kanade-images.zip": zipped({IMAGES: png()}),
            "ck/FACS_labels.zip": zipped({f"FACS/{FACS}": TWO_UNITS}),
            "ck/Emotion_labels.zip": zipped({f"Emotion/{EMOTION}": HAPPY}),
            "ck/Landmarks.zip": zipped({f"Landmarks/S005/001/{STEM}_landmarks.txt": "1 2\n"}),
        },
        PEAK,
        says=("text files",),
        check=codings(("CK+", "positive", True)),
    ),
    Case(
        "a zip of CK+'s zips, one of which is cut short",
        {
            "extended-cohn-kanade-images.zip": zipped({IMAGES: png()}),
            "FACS_labels.zip": zipped({f"FACS/{FACS}": TWO_UNITS}),
            "Emotion_labels.zip": zipped({f"Emotion/{EMOTION}": HAPPY})[:40],
        },
        {"faces_created": 1, "codings_created": 1, "refused": 1},
        says=("Emotion_labels.zip", "damaged"),
    ),
    Case(
        "archives in archives in archives in an archive",
        {
            "a.zip": zipped({"b.zip": zipped({"c.zip": zipped({"x.png": png()})})}),
            IMAGES: png(),
            f"FACS/{FACS}": TWO_UNITS,
        },
        {"faces_created": 1, "refused": 1},
        says=("archives within each other",),
    ),
    Case(
        "CK+'s pictures without its labels",
        {IMAGES: png()},
        status="failed",
        says=("pictures but no labels", "FACS_labels/", "_facs.txt", "ask for unlabelled"),
        check=nothing_is_written,
    ),
    Case(
        "CK+'s labels without its pictures",
        {f"FACS/{FACS}": TWO_UNITS, f"Emotion/{EMOTION}": HAPPY},
        status="failed",
        says=("label files but no pictures", "cohn-kanade-images/"),
        check=nothing_is_written,
    ),
    Case(
        "CK+'s labels of a frame that isn't among its pictures",
        {"cohn-kanade-images/S006/001/S006_001_00000001.png": png(), f"FACS/{FACS}": TWO_UNITS},
        {"faces_created": 0, "refused": 1},
        says=(f"there is no cohn-kanade-images/{PICTURE}",),
    ),
    Case(
        "a peak with every other number of the FACS manual",
        {
            IMAGES: png(),
            f"FACS/{FACS}": "".join(
                f"{au} 0\n"
                for au in (8, 19, 41, 42, *range(51, 59), 61, 65, 66, 69, 70, 71, 72, 73, 74, 80)
            ),
        },
        PEAK,
        check=present(
            8, 19, 41, 42, *range(51, 59), 61, 65, 66, 69, *range(70, 75), 80, absent=(1, 12)
        ),
    ),
    Case(
        "a peak with a number that FACS doesn't have: its row alone is refused",
        {IMAGES: png(), f"FACS/{FACS}": "12 3\n99 1\n"},
        {"faces_created": 1, "codings_created": 1, "refused": 1},
        says=("Unknown action unit AU99",),
        check=scores(AU12="C"),  # nothing is called absent: who knows what 99 was to be
    ),
    Case(
        "a peak with an intensity that CK+ doesn't have: its unit is not coded",
        {IMAGES: png(), f"FACS/{FACS}": "12 3\n4 7\n"},
        {"faces_created": 1, "codings_created": 1, "refused": 1},
        says=("AU4 has intensity 7",),
        check=present(12, absent=(1, 2)),
    ),
    Case(
        "a _facs.txt that holds the combination, as coders write it",
        {IMAGES: png(), f"FACS/{FACS}": "1B+2C+L12D"},
        PEAK,
        check=present(1, 2, 12, absent=(4, 6)),
    ),
    Case(
        "a _facs.txt that holds one unit",
        {IMAGES: png(), f"FACS/{FACS}": "12\n"},
        PEAK,
        check=present(12, absent=(4, 6)),
    ),
    Case(
        "UNBC-McMaster's _facs.txt, which holds a pain score",
        {IMAGES: png(), f"FACS/{FACS}": "   2.0000000e+00\n"},
        {"faces_created": 0, "refused": 1},
        says=("UNBC-McMaster",),
    ),
    Case(
        "CK+ with another coder's labels, who is named",
        {IMAGES: png(), f"FACS/{FACS}": TWO_UNITS},
        PEAK,
        coder="ada",
        check=codings(("ada", "", True)),
    ),
]

PICTURES = [
    Case(
        "pictures alone, when asked for: subject, sequence and frame by CK+'s names",
        {IMAGES: png()},
        {"faces_created": 1, "codings_created": 0},
        options=UNLABELLED,
        check=subjects(**{STEM: "S005"}),
    ),
    Case(
        "pictures in a folder a person",
        {"anna/1.png": png(), "anna/x/2.png": png(), "ben k/3.png": png()},
        {"faces_created": 3},
        options=UNLABELLED,
        check=subjects(**{"1": "anna", "2": "anna", "3": subject_of("ben k/3.png")}),
    ),
    Case(
        "pictures in a folder a class or a split: one person may be in several of them",
        {"train/happy/1.png": png(), "test/sad/2.png": png(), "AU12/3.png": png(), "4.png": png()},
        {"faces_created": 4},
        options=UNLABELLED,
        check=subjects(**dict.fromkeys("1234", "unknown")),
    ),
    Case(
        "CK+ with pictures that have no label, when asked for",
        {
            IMAGES: png(),
            f"FACS/{FACS}": TWO_UNITS,
            "cohn-kanade-images/S006/002/S006_002_00000001.png": png(),
        },
        {"faces_created": 2, "codings_created": 1, "skipped": 0},
        options=UNLABELLED,
    ),
    Case(
        "CK+ with pictures that have no label: they are counted",
        {
            IMAGES: png(),
            f"FACS/{FACS}": TWO_UNITS,
            "cohn-kanade-images/S006/002/S006_002_00000001.png": png(),
        },
        {"faces_created": 1, "skipped": 1},
    ),
    Case(
        "data_labels.csv with pictures that it doesn't name, when asked for",
        {**table("AU12", "1"), "anna/2.png": png()},
        {"faces_created": 2, "codings_created": 1},
        options=UNLABELLED,
        check=subjects(**{"S005": "S005", "2": "anna"}),
    ),
    Case(
        "pictures alone, without asking for them",
        {"1.png": png(), "2.png": png()},
        status="failed",
        says=("pictures but no labels",),
        check=nothing_is_written,
    ),
]

LABELS = [
    Case("an AU column with a combination", table("AU", "6+12"), PEAK,
         check=scores(AU6="+", AU12="+")),
    Case("a combination with intensities", table("AUs", "1B+2C+12D"), PEAK,
         check=scores(AU1="B", AU2="C", AU12="D")),
    Case("a combination with sides", table("Action Units", "L12A + R14"), PEAK,
         check=scores(AU12="LA", AU14="R")),
    Case("a combination with both sides of a unit", table("AU", "L12B+R12B"), PEAK,
         check=scores(AU12="B")),
    Case("a combination of one unit", table("AU", "12"), PEAK, check=scores(AU12="+")),
    Case("a combination with commas", table("facs", '"AU6, AU12"'), PEAK,
         check=scores(AU6="+", AU12="+")),
    Case("a combination as Python prints a list", table("AU", '"[\'AU6\', \'AU12\']"'), PEAK,
         check=scores(AU6="+", AU12="+")),
    Case("a combination that names a unit FACS doesn't have", table("AU", "6+99"),
         {"faces_created": 0, "refused": 1}, says=("Unknown action unit AU99",)),
    Case("a combination that scores a unit twice", table("AU", "12A+12C"),
         {"faces_created": 0, "refused": 1}, says=("AU12 is scored twice",)),
    Case("a combination that is none", table("AU,AU4", "smile,1"),
         {"faces_created": 0, "refused": 1}, says=("'smile' is no FACS score",)),
    Case("columns of sides", table("L12,R14,AU4", "1,1,0"), PEAK,
         check=scores(AU12="L", AU14="R", AU4="0")),
    Case("columns of sides, spelt out", table("AU12_left,AU14R", "1,C"), PEAK,
         check=scores(AU12="L", AU14="RC")),
    Case("a unit that isn't on the left: it may be on the right", table("L12,AU4", "0,1"), PEAK,
         check=scores(AU4="+")),
    Case("a unit that is on neither side", table("L12,R12,AU4", "0,0,1"), PEAK,
         check=scores(AU4="+", AU12="0")),
    Case("a unit that is on both sides", table("L12,R12", "B,B"), PEAK, check=scores(AU12="B")),
    Case("a column L12 that holds a landmark", table("L12,AU4", "103.4,1"), PEAK,
         says=("column 'L12', which looks like an action unit's",), check=scores(AU4="+")),
    Case("a column AU that tells whether, and not which", table("AU,AU12", "1,1"), PEAK,
         says=("column 'au', which looks like an action unit's",), check=scores(AU12="+")),
    Case("a combination that pandas made a number of", table("AU", "12.0"), PEAK,
         check=scores(AU12="+")),
    Case("AU1 and AU01 in one file", table("AU1,AU01", "1,0"), {"faces_created": 0, "refused": 1},
         says=("Duplicate column 'AU01'",)),
    Case("a unit present in its column and absent in another", table("AU12,L12", "0,1"),
         {"faces_created": 0, "refused": 1}, says=("both present and absent",)),
    Case("letters in a unit's column", table("AU1,AU2,AU4,AU6", "C,e,L,RC"), PEAK,
         check=scores(AU1="C", AU2="E", AU4="L", AU6="RC")),
    Case("x, 1.0, TRUE, yes and their like", table("AU1,AU2,AU4,AU6,AU7,AU9",
         "x,1.0,TRUE,yes,no,FALSE"), PEAK,
         check=scores(AU1="+", AU2="+", AU4="+", AU6="+", AU7="0", AU9="0")),
    Case("NaN in several spellings", table("AU1,AU2,AU4,AU6,AU7", "nan,-nan(ind),N/A,,1"), PEAK,
         check=scores(AU7="+")),
    Case("a number that is neither 0 nor 1", table("AU1", "3"), {"faces_created": 0, "refused": 1},
         says=("'3' is not 0 or 1",)),
    Case("an unread column that looks like an action unit's", table("AU1,AU12_r", "1,2.5"), PEAK,
         says=("column 'AU12_r', which looks like an action unit's",), check=scores(AU1="+")),
    Case("data_labels.csv in a folder beside others, in capitals",
         {"notes/readme.txt": "x", "study/Data_Labels.CSV": "filepath,AU12\nS005.png,1\n",
          "study/S005.png": png()}, PEAK, check=scores(AU12="+")),
    Case("two files data_labels.csv",
         {"ada/data_labels.csv": "filepath,AU12\nS005.png,1\n", "ada/S005.png": png(),
          "ben/data_labels.csv": "filepath,AU12\nS005.png,1\n"},
         status="failed", says=("ada/data_labels.csv, ben/data_labels.csv", "by itself")),
]  # fmt: skip

CODERS = [
    Case(
        "a long table with an annotator column, whose rows agree",
        table("annotator,high_level_emotion", "ada,positive", "ben,positive"),
        {"faces_created": 1, "codings_created": 2, "refused": 0, "disputed": 0},
        check=codings(("ada", "positive", True), ("ben", "positive", False)),
    ),
    Case(
        "a long table with a coder column, whose rows disagree: codings, and no truth",
        table("Coder,high_level_emotion", "ada,positive", "ben,negative"),
        {"faces_created": 1, "codings_created": 2, "refused": 0, "disputed": 1},
        says=("Coders differ on 1 of the faces",),
        check=codings(("ada", "positive", False), ("ben", "negative", False)),
    ),
    Case(
        "a long table with annotator_id",
        table("annotator_id,AU12", "1,1", "2,0"),
        {"codings_created": 2, "refused": 0},
        check=codings(("1", "", False), ("2", "", False)),
    ),
    Case(
        "a long table in which one rater contradicts themself",
        table("rater,AU12", "ada,1", "ada,0", "ben,1"),
        {"codings_created": 1, "refused": 2},
        says=("The same image has other labels in line 3",),
        check=codings(("ben", "", True)),
    ),
    Case(
        "a long table with rows of nobody: they are those of who is named",
        table("annotator,AU12", "ada,1", ",1"),
        {"codings_created": 2, "refused": 0},
        coder="ben",
        check=codings(("ada", "", True), ("ben", "", False)),
    ),
]

TREES: list[Case] = [*CKPLUS, *PICTURES, *LABELS, *CODERS, *EXPORTS]
