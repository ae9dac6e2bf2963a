"""Tables that other programs write. Read as: what is sent, and what facsweb makes of it.

One table: its rows are read against one another, so it is not cut by length.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest

from annotations.models import Coding, Face
from annotations.transfers.options import ImportOptions
from tests.annotations.transfers.understood import Case
from tests.annotations.transfers.writers import (
    openface_picture,
    openface_video,
    pyfeat,
    simple,
    xlsx,
)
from tests.factories import png

#: One picture that came in under its own name.
ME = {"me smiling.png": ("S005", "001", 11)}
SMILE = {"AU12_r": "2.60", "AU12_c": "1"}
HAPPY = {"AU12": "0.97", "happiness": "0.90", "neutral": "0.10"}


def only_coding() -> Coding:
    return Coding.objects.get()


def says(au: int, present: bool, intensity: str = "") -> Callable[[], None]:
    def check() -> None:
        score = only_coding().scores.get(au=au)
        assert (score.present, score.intensity) == (present, intensity)

    return check


def reads(emotion: str, **extra: object) -> Callable[[], None]:
    def check() -> None:
        coding = only_coding()
        assert coding.emotion == emotion
        for name, value in extra.items():
            assert coding.extra[name] == pytest.approx(value)

    return check


def is_of(name: str) -> Callable[[], None]:
    def check() -> None:
        assert only_coding().face == Face.objects.get(source_name=name)

    return check


def nothing_is_written() -> None:
    assert not Coding.objects.exists()


def confidence_is_kept() -> None:
    assert only_coding().extra == {"confidence": 0.98}


def no_probabilities() -> None:
    assert only_coding().emotion == ""
    assert only_coding().emotion_probabilities is None


OPENFACE = [
    Case(
        "OpenFace's FaceLandmarkImg table, whose `face` is a running number: the table's name is "
        "the picture's",
        {"me smiling.csv": openface_picture(SMILE)},
        wanted={"codings_created": 1, "refused": 0},
        faces=ME,
        check=says(12, True, "C"),
    ),
    Case(
        "OpenFace's AU28, which it only calls present or not",
        {"me smiling.csv": openface_picture({"AU28_c": "1"})},
        wanted={"codings_created": 1},
        faces=ME,
        check=says(28, True),
    ),
    Case(
        "OpenFace's confidence, kept with the coding",
        {"me smiling.csv": openface_picture(SMILE)},
        faces=ME,
        check=confidence_is_kept,
    ),
    Case(
        "two rows of FaceLandmarkImg are two faces, of which nobody can tell which is meant",
        {"me smiling.csv": openface_picture(SMILE, SMILE | {"confidence": "0.6"})},
        wanted={"codings_created": 0, "refused": 2},
        says=("several faces (2)",),
        faces=ME,
    ),
    Case(
        "the same row of a picture twice is one face",
        {"of.csv": simple("me smiling.png,1", "me smiling.png,1", header="filepath,AU12_c")},
        wanted={"codings_created": 1, "unchanged": 1, "refused": 0},
        faces=ME,
    ),
    Case(
        "several faces of one picture whose rows aren't neighbours",
        {"of.csv": simple("a.png,1", "b.png,0", "a.png,0", header="filepath,AU12_c")},
        wanted={"codings_created": 1, "refused": 2},
        says=("several faces",),
        faces={"a.png": ("S001", "001", 1), "b.png": ("S001", "001", 2)},
    ),
    Case(
        "an OpenFace column `face` that does hold file names",
        {"of.csv": simple("images/me smiling.png,1", header="face,AU12_c")},
        wanted={"codings_created": 1},
        faces=ME,
    ),
    Case(
        "OpenFace's processed folder, a folder a subject: tables are read, the rest is counted",
        {
            "processed/S005/me smiling.csv": openface_picture(SMILE),
            "processed/S005/me smiling_of_details.txt": "Input:me smiling.png\nCamera parameters:",
            "processed/S005/me smiling_aligned/face_det_000000.bmp": b"BM",
            "processed/S005/me smiling.jpg": png(),
            "processed/S005/me smiling.hog": b"\0\1",
            "processed/S006/film.avi": b"RIFF",
        },
        wanted={"codings_created": 1, "refused": 0, "tables_read": 1},
        says=(
            "details of OpenFace",
            "aligned faces of OpenFace (.bmp)",
            "pictures (.jpg)",
            "HOG features",
            "videos (.avi)",
        ),
        faces=ME,
    ),
    Case(
        "a picture's name that two subjects share, told apart by the subject's folder",
        {
            "processed/S005/img01.csv": openface_picture(SMILE),
            "processed/S006/other.csv": openface_picture(SMILE),
        },
        wanted={"codings_created": 1, "refused": 1},
        faces={"img01.png": ("S005", "001", 1)},
    ),
    Case(
        "one broken table in an archive: refused by its name, the others are read",
        {
            "p/me smiling.csv": openface_picture(SMILE),
            "p/broken.csv": b"face, AU12_c\n\xff\xfe, 1\n",
            "p/twice.csv": "face, AU12_c, AU12_c\n0, 1, 1\n",
        },
        wanted={"codings_created": 1, "refused": 2},
        says=("not UTF-8", "Duplicate column 'AU12_c'", "broken.csv", "twice.csv"),
        faces=ME,
    ),
    Case(
        "a row of less confidence than is asked for",
        {"me smiling.csv": openface_picture(SMILE | {"confidence": "0.31"})},
        wanted={"codings_created": 0, "refused": 1},
        says=("confidence 0.31", "at least 0.5"),
        faces=ME,
    ),
    Case(
        "a row of little confidence where less is asked for",
        {"me smiling.csv": openface_picture(SMILE | {"confidence": "0.31"})},
        wanted={"codings_created": 1},
        faces=ME,
        options=ImportOptions(min_confidence=0.3),
    ),
    Case(
        "a confidence that is NaN",
        {"me smiling.csv": openface_picture(SMILE | {"confidence": "-nan(ind)"})},
        wanted={"codings_created": 0, "refused": 1},
        says=("doesn't say how sure",),
        faces=ME,
    ),
    Case(
        "a frame in which OpenFace found no face",
        {"me smiling.csv": openface_video({"success": "0", "confidence": "0.98"})},
        wanted={"codings_created": 0, "refused": 1},
        says=("OpenFace found no face",),
        faces=ME,
    ),
    *(
        Case(
            f"NaN spelled {nan}: that unit is not coded, the others are",
            {"me smiling.csv": openface_picture(SMILE | {"AU01_r": nan, "AU01_c": nan})},
            wanted={"codings_created": 1, "refused": 0},
            faces=ME,
            check=lambda: _coded_without(1),
        )
        for nan in (
            "nan",
            "-nan",
            "NaN",
            "-nan(ind)",
            "nan(ind)",
            "nan(snan)",
            "nan(0x8000000000000)",
            "1.#IND",
            "-1.#IND00",
            "1.#QNAN",
            "-1.#QNAN",
            "#N/A",
            "N/A",
            "<NA>",
            "NULL",
            "None",
            "",
        )
    ),
    *(
        Case(
            f"{text} is no intensity",
            {"me smiling.csv": openface_picture(SMILE | {"AU01_r": text})},
            wanted={"codings_created": 0, "refused": 1},
            says=(reason,),
            faces=ME,
        )
        for text, reason in (
            ("inf", "not within"),
            ("-inf", "not within"),
            ("1.#INF", "not within"),
            ("5.1", "not within"),
            ("-0.1", "not within"),
            ("1_0", "not a number"),
            ("0x1", "not a number"),
            ("two", "not a number"),
        )
    ),
    Case(
        "an intensity that rounding brought over 5",
        {"me smiling.csv": openface_picture({"AU12_r": "5.0000001", "AU12_c": "1.0000001"})},
        wanted={"codings_created": 1},
        faces=ME,
        check=says(12, True, "E"),
    ),
    Case(
        "the same unit in two columns, AU1_c and AU01_c",
        {"me smiling.csv": "face, confidence, AU1_c, AU01_c\n0, 0.98, 1, 0\n"},
        status="failed",
        says=("'AU1_c' and 'AU01_c' are the same action unit",),
        faces=ME,
    ),
    Case(
        "columns that look like action units and are none that is read, each by its name",
        {"me smiling.csv": "face, confidence, AU12_c, AU99_c, AU12_smooth\n0, 0.98, 1, 1, 0.2\n"},
        wanted={"codings_created": 1, "refused": 0},
        says=("column 'AU99_c'", "column 'AU12_smooth'"),
        faces=ME,
    ),
]


def _coded_without(au: int) -> None:
    units = set(only_coding().scores.values_list("au", flat=True))
    assert au not in units
    assert 12 in units


def frame_3_smiles() -> None:
    coding = only_coding()
    assert (coding.face.subject.code, coding.face.sequence, coding.face.frame) == ("S005", "003", 3)
    assert coding.scores.get(au=12).present


FRAMES = [{}, {}, SMILE, {}, {}]
PEAK = {"x.png": ("S005", "003", 3)}
#: Tables of videos put together into one.
OF_VIDEOS = "filename,frame,AU12_c"
VIDEOS = [
    Case(
        f"OpenFace's table of a sequence, {name}: frames find faces, the others are counted",
        {name: openface_video(*FRAMES)},
        wanted={"codings_created": 1, "refused": 0},
        says=('"count": 4', "no such picture here"),
        faces=PEAK,
        check=frame_3_smiles,
    )
    for name in (
        "S005_003.csv",
        "S005-003.csv",
        "s005_003.csv",
        "S005/003.csv",
        "processed/S005/003.csv",
        "S005/S005_003.csv",
    )
] + [
    Case(
        "frames that aren't here, without a face or unsure: counted in one line, nothing to mend",
        {"S005_003.csv": openface_video({"confidence": "0.1"}, {"success": "0"}, SMILE)},
        wanted={"codings_created": 1, "refused": 0},
        says=('"count": 2',),
        faces=PEAK,
    ),
    Case(
        "the frame that is here, of too little confidence",
        {"S005_003.csv": openface_video({}, {}, SMILE | {"confidence": "0.1"})},
        wanted={"codings_created": 0, "refused": 1},
        says=("confidence 0.1",),
        faces=PEAK,
    ),
    Case(
        "a video of two people: the frame that is here is refused",
        {"S005_003.csv": openface_video({}, SMILE, SMILE | {"frame": "2", "face_id": "1"})},
        wanted={"codings_created": 0, "refused": 2},
        says=("several faces",),
        faces={"x.png": ("S005", "003", 2)},
    ),
    Case(
        "a video's table of a sequence that isn't here: one reason, not one a frame",
        {"holiday.csv": openface_video(*FRAMES)},
        status="failed",
        says=("there is no such sequence here", "S005_003.csv"),
        faces=PEAK,
    ),
    Case(
        "of several videos one of a sequence that isn't here",
        {"S005/003.csv": openface_video(*FRAMES), "S005/holiday.csv": openface_video(*FRAMES)},
        wanted={"codings_created": 1, "refused": 1},
        says=("holiday.csv",),
        faces=PEAK,
    ),
    Case(
        "subjects and sequences with an underscore in their codes",
        {"P_01_day_2.csv": openface_video(*FRAMES)},
        wanted={"codings_created": 1},
        faces={"x.png": ("P_01", "day_2", 3)},
    ),
    *(
        Case(
            f"tables of videos put together, with {name} in a column",
            {"all.csv": simple(*(f"{name},{n},{n % 2}" for n in (1, 2, 3)), header=OF_VIDEOS)},
            wanted={"codings_created": 1, "refused": 0},
            says=('"count": 2',),
            faces=PEAK,
            check=frame_3_smiles,
        )
        for name in ("S005_003", "S005/003", "/data/S005_003.avi")
    ),
    Case(
        "a table of one frame, named after CK+'s picture",
        {"S005_001_00000011.csv": openface_video(SMILE)},
        wanted={"codings_created": 1},
        faces=ME,
    ),
]


def two(**second: str) -> str:
    return pyfeat({"input": "/d/me smiling.png", **HAPPY}, {"input": "/d/me smiling.png", **second})


def best_is_kept() -> None:
    assert only_coding().emotion == "positive"
    assert only_coding().extra == {"FaceScore": 0.9994}


BEST = ImportOptions(several_faces="best")
PYFEAT = [
    Case(
        "Py-Feat's table, with the pictures' own names",
        {"fex.csv": pyfeat({"input": "/home/x/me smiling.png", **HAPPY})},
        wanted={"codings_created": 1, "refused": 0},
        faces=ME,
        check=reads("positive", FaceScore=0.9994),
    ),
    Case(
        "Py-Feat's table with a path of Windows",
        {"fex.csv": pyfeat({"input": r"C:\d\me smiling.png", **HAPPY})},
        wanted={"codings_created": 1},
        faces=ME,
    ),
    Case(
        "Py-Feat with two faces in a picture",
        {"fex.csv": two(anger="0.9", FaceScore="0.31")},
        wanted={"codings_created": 0, "refused": 2},
        says=("several faces",),
        faces=ME,
    ),
    Case(
        "a ghost beside the face, where the best FaceScore is asked for",
        {"fex.csv": two(anger="0.9", FaceScore="0.31")},
        wanted={"codings_created": 1, "refused": 1},
        faces=ME,
        options=BEST,
        check=best_is_kept,
    ),
    Case(
        "a ghost that comes first, and not beside the face",
        {
            "fex.csv": pyfeat(
                {"input": "me smiling.png", "anger": "0.9", "FaceScore": "0.2"},
                {"input": "other.png", "anger": "0.9"},
                {"input": "me smiling.png", **HAPPY},
            )
        },
        wanted={"codings_created": 2, "refused": 1},
        faces={**ME, "other.png": ("S006", "001", 1)},
        options=BEST,
        check=lambda: _is_positive("me smiling.png"),
    ),
    Case(
        "two faces of which none stands out, where the best is asked for",
        {"fex.csv": two(anger="0.9", FaceScore="0.51")},
        wanted={"codings_created": 0, "refused": 2},
        says=("none stands out",),
        faces=ME,
        options=BEST,
    ),
    Case(
        "two faces of which one has no score, where the best is asked for",
        {"fex.csv": two(anger="0.9", FaceScore="nan")},
        wanted={"codings_created": 0, "refused": 2},
        faces=ME,
        options=BEST,
    ),
    Case(
        "Py-Feat's row of a picture in which it found no face",
        {
            "fex.csv": simple(
                "me smiling.png,0,nan,nan,nan,nan",
                header="input,FaceScore,AU01,AU12,anger,happiness",
            )
        },
        wanted={"codings_created": 0, "refused": 1},
        says=("Nothing is said",),
        faces=ME,
    ),
    Case(
        "Py-Feat of a video: its frames are counted, not refused",
        {"fex.csv": pyfeat(*({"input": "holiday.mp4", **HAPPY} for _ in range(3)))},
        wanted={"codings_created": 0},
        faces=ME,
    ),
    Case(
        "the same unit in two columns, AU1 and AU01",
        {"fex.csv": simple("me smiling.png,0.9,1,0,1", header="input,FaceScore,AU1,AU01,AU12")},
        status="failed",
        says=("'AU1' and 'AU01' are the same action unit; keep one",),
        faces=ME,
    ),
    Case(
        "a unit that Py-Feat has and FACS hasn't",
        {"fex.csv": pyfeat({"input": "me smiling.png", "AU99": "1", **HAPPY}, more=["AU99"])},
        wanted={"codings_created": 1},
        says=("column 'AU99'",),
        faces=ME,
    ),
    Case(
        "probabilities that rounding brought over 1 and under 0",
        {"fex.csv": pyfeat({"input": "me smiling.png", "AU12": "1.0000001", "AU01": "-1e-9"})},
        wanted={"codings_created": 1, "refused": 0},
        faces=ME,
        check=says(12, True),
    ),
    Case(
        "percents instead of probabilities",
        {"fex.csv": pyfeat({"input": "me smiling.png", "happiness": "90"})},
        wanted={"codings_created": 0, "refused": 1},
        says=("90 is not within 0 and 1",),
        faces=ME,
    ),
]


def _is_positive(name: str) -> None:
    assert Coding.objects.get(face__source_name=name).emotion == "positive"


def feels(sends: str, emotion: str, chances: dict[str, str], more: tuple[str, ...] = ()) -> Case:
    row = {"input": "me smiling.png", "AU12": "0.5", **chances}
    return Case(
        sends,
        {"fex.csv": pyfeat(row, more=[*more, *(n for n in ("contempt",) if n in chances)])},
        wanted={"codings_created": 1, "refused": 0},
        faces=ME,
        check=reads(emotion),
        says=tuple(f"column {name!r}" for name in more),
    )


EMOTIONS = [
    feels(
        "contempt counts as negative", "negative", {"contempt": "0.88", "happiness": "0.07",
        "neutral": "0.05"},
    ),
    feels(
        "contempt beside the other negative emotions: they are summed", "negative",
        {"contempt": "0.3", "anger": "0.3", "happiness": "0.4"},
    ),
    feels("the likeliest emotion is neutral", "", {"neutral": "0.5", "happiness": "0.4",
        "anger": "0.1"}),
    feels("two classes are as likely as each other", "", {"happiness": "0.5", "anger": "0.5"}),
    feels("no emotion has any probability", "", {}),
    feels(
        "most of the probability belongs to an emotion that isn't known here", "",
        {"boredom": "0.8", "happiness": "0.2"}, more=("boredom",),
    ),
    feels(
        "most of the probability isn't in the table", "", {"happiness": "0.3", "anger": "0.1"},
    ),
    feels(
        "valence and arousal are no emotions", "positive",
        {"happiness": "0.9", "neutral": "0.1", "valence": "-0.7", "arousal": "0.9"},
        more=("valence", "arousal"),
    ),
    feels(
        "each emotion scored by itself: the highest counts, and sums mean nothing", "positive",
        {"happiness": "0.9", "anger": "0.5", "fear": "0.5", "sadness": "0.5"},
    ),
    Case(
        "emotions that don't sum to 1 give no probabilities",
        {"fex.csv": pyfeat({"input": "me smiling.png", "happiness": "0.2", "AU12": "0.7"})},
        wanted={"codings_created": 1},
        faces=ME,
        check=no_probabilities,
    ),
    Case(
        "emotions as FaceReader and Affectiva call them",
        {"fr.csv": simple("me smiling.png,1,0.02,0.9,0.02,0.02,0.02,0.02", header=(
            "input,AU12,Angry,Joy,Scared,Disgusted,Sad,Surprised"))},
        wanted={"codings_created": 1},
        faces=ME,
        check=reads("positive"),
    ),
    Case(
        "emotions alone, without action units",
        {"hs.tsv": "filename\tAnger\tContempt\tHappiness\nme smiling.png\t0,1\t0,8\t0,1\n"},
        wanted={"codings_created": 1},
        faces=ME,
        check=reads("negative"),
    ),
    Case(
        "a column that names the emotion in words is not read, and named",
        {"fex.csv": pyfeat({**HAPPY, "input": "me smiling.png", "emotion": "x"}, more=["emotion"])},
        wanted={"codings_created": 1},
        says=("column 'emotion'",),
        faces=ME,
        check=reads("positive"),
    ),
    Case(
        "one emotion in two columns",
        {"fr.csv": simple("me smiling.png,1,0.9,0.1", header="input,AU12,happy,happiness")},
        status="failed",
        says=("are the same emotion; keep one",),
        faces=ME,
    ),
]  # fmt: skip

OF = "filepath,AU12_c"


def named(sends: str, written: str, name: str = "me smiling.png") -> Case:
    return Case(
        sends,
        {"of.csv": simple(f"{written},1", header=OF)},
        wanted={"codings_created": 1, "refused": 0},
        faces={name: ("S005", "001", 11), "another.png": ("S005", "001", 12)},
        check=is_of(name),
    )


NAMES = [
    named("the name under which a picture came in", "me smiling.png"),
    named("that name with folders before it", "/data/2024/me smiling.png"),
    named("that name without its suffix", "me smiling"),
    named("that name in other case", "ME Smiling.PNG"),
    named("that name with %20 for its blank", "me%20smiling.png"),
    named("a blank for the %20 of a picture's name", "me smiling.png", "me%20smiling.png"),
    named("a name whose accent is put together otherwise", "me\u0301.png", "m\u00e9.png"),
    named("CK+'s name of a frame", "S005_001_00000011.png"),
    named("a name with points", "me.at.home.png", "me.at.home.png"),
    Case(
        "two pictures whose names differ by case only: the one that is meant",
        {"of.csv": simple("a.png,1", header=OF)},
        wanted={"codings_created": 1},
        faces={"a.png": ("S001", "1", 1), "A.png": ("S002", "1", 1)},
        check=is_of("a.png"),
    ),
    Case(
        "two pictures that a name looks like: both spellings are told",
        {"of.csv": simple("a.PNG,1", header=OF)},
        wanted={"codings_created": 0, "refused": 1},
        says=("'A.png'", "'a.png'", "which is meant"),
        faces={"a.png": ("S001", "1", 1), "A.png": ("S002", "1", 1)},
    ),
    Case(
        "a picture that came in with another suffix: refused, and the name is told",
        {"of.csv": simple("a.jpg,1", header=OF)},
        wanted={"codings_created": 0, "refused": 1},
        says=("There is no face 'a' here", "A picture came in as 'a.png'"),
        faces={"a.png": ("S001", "1", 1)},
    ),
    Case(
        "a table sent by itself, named after its picture",
        {"S005_001_00000011.csv": openface_picture(SMILE)},
        wanted={"codings_created": 1},
        faces=ME,
    ),
    Case(
        "Py-Feat's table without a file column, sent by itself under its picture's name",
        {"me smiling.csv": pyfeat(HAPPY, without=["input", "frame"])},
        wanted={"codings_created": 1},
        faces=ME,
    ),
]

ROW = {"input": "me smiling.png", "AU12": 0.97, "FaceScore": 1, "happiness": 0.9, "anger": 0.1}
SPELLINGS = [
    Case(
        "`sep=;` on the first line, as Excel writes it; the line numbers stay",
        {"of.csv": "sep=;\r\nfilepath;AU12_c;AU12_r\r\nme smiling.png;1;2,6\r\ngone.png;1;1\r\n"},
        wanted={"codings_created": 1, "refused": 1},
        says=('"line": 4',),
        faces=ME,
        check=says(12, True, "C"),
    ),
    Case(
        "empty columns at the end, in the header, the rows or both",
        {"of.csv": "filepath,AU12_c,,\nme smiling.png,1,,\n"},
        wanted={"codings_created": 1, "refused": 0},
        faces=ME,
    ),
    Case(
        "empty cells at the end of rows only",
        {"of.csv": "filepath,AU12_c\nme smiling.png,1,,,\n"},
        wanted={"codings_created": 1, "refused": 0},
        faces=ME,
    ),
    Case(
        "a value in a column without a name is none that can be left out",
        {"of.csv": "filepath,AU12_c,\nme smiling.png,1,,7\n"},
        wanted={"codings_created": 0, "refused": 1},
        says=("values where the header has 2",),
        faces=ME,
    ),
    Case(
        "decimal commas between semicolons or tabs",
        {"of.csv": "filepath\tAU12_c\tAU12_r\nme smiling.png\t1,0\t2,60\n"},
        wanted={"codings_created": 1, "refused": 0},
        faces=ME,
        check=says(12, True, "C"),
    ),
    Case(
        "a decimal comma in quotes between commas: it might mean thousands",
        {"of.csv": 'filepath,AU12_c,AU12_r\nme smiling.png,1,"2,600"\n'},
        wanted={"codings_created": 0, "refused": 1},
        says=("'2,600' is not a number",),
        faces=ME,
    ),
    Case(
        "TRUE and FALSE",
        {"of.csv": "filepath,success,AU12_c,AU01_c\nme smiling.png,TRUE,true,FALSE\n"},
        wanted={"codings_created": 1, "refused": 0},
        faces=ME,
        check=says(1, False),
    ),
    Case(
        "an Excel workbook: its first sheet; the others are named",
        {"fex.xlsx": xlsx([*ROW], [*ROW.values()], sheets={"notes": [["x"]]})},
        wanted={"codings_created": 1, "refused": 0},
        says=("sheet 'notes'",),
        faces=ME,
        check=reads("positive", FaceScore=1),
    ),
    Case(
        "Excel's TRUE, and a number that is text with a comma",
        {"of.xlsx": xlsx(["filepath", "AU12_c", "AU12_r"], ["me smiling.png", True, "2,6"])},
        wanted={"codings_created": 1, "refused": 0},
        faces=ME,
        check=says(12, True, "C"),
    ),
    Case(
        "a workbook in an archive, and one that is broken",
        {"t/of.xlsx": xlsx(["filepath", "AU12_c"], ["me smiling.png", 1]), "t/bad.xlsx": b"PK\3\4"},
        wanted={"codings_created": 1, "refused": 1},
        says=("bad.xlsx",),
        faces=ME,
    ),
    Case(
        "an Excel workbook of labels beside its pictures",
        {
            "s/data_labels.xlsx": xlsx(
                ["filepath", "subject", "high_level_emotion", "AU12"],
                ["a.png", "S001", "positive", 1],
            ),
            "s/a.png": png(),
        },
        wanted={"faces_created": 1, "refused": 0},
    ),
    Case(
        "labels with `sep=;` and empty columns at the end",
        {
            "data_labels.csv": simple(
                "filepath;subject;high_level_emotion;AU12;;",
                "a.png;S001;positive;1;;",
                header="sep=;",
            ),
            "a.png": png(),
        },
        wanted={"faces_created": 1, "refused": 0},
        check=says(12, True),
    ),
    Case(
        "labels whose names differ from the disk's by case or %20",
        {
            "data_labels.csv": "filepath,subject,AU12\nPics/A%20b.PNG,S001,1\n",
            "pics/a b.png": png(),
        },
        wanted={"faces_created": 1, "refused": 0},
        check=is_of("a b.png"),
    ),
    Case(
        "labels with a name that two files look like: both spellings are told",
        {
            "data_labels.csv": "filepath,subject,AU12\na b.PNG,S001,1\n",
            "a b.png": png(),
            "a%20b.png": png(),
        },
        wanted={"faces_created": 0, "refused": 1},
        says=("a b.png", "a%20b.png", "which is meant"),
    ),
    Case(
        "an old Excel file, by its name and with what to do",
        {"table.xls": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(100)},
        status="failed",
        says=("old Excel file (.xls)", "Save its table as CSV UTF-8 or .xlsx"),
    ),
    Case(
        "a dry run: the same counts, and nothing is written",
        {"of.csv": simple("me smiling.png,1", "me smiling.png,1", "x.png,1", header=OF)},
        wanted={"codings_created": 1, "unchanged": 1, "refused": 1},
        faces=ME,
        options=ImportOptions(dry_run=True),
        check=nothing_is_written,
    ),
    Case(
        "tables of OpenFace and of Py-Feat in one archive",
        {"a.csv": openface_picture(SMILE), "b.csv": pyfeat({"input": "a.png", **HAPPY})},
        status="failed",
        says=("OpenFace and of Py-Feat", "by themselves"),
    ),
]

TABLES: list[Case] = [*OPENFACE, *VIDEOS, *PYFEAT, *EMOTIONS, *NAMES, *SPELLINGS]
