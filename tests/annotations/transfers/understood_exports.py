"""Exports of other annotation tools: Label Studio's JSON is read, others are named."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from annotations.models import Coding
from annotations.transfers.options import ImportOptions
from tests.annotations.transfers.understood import Case
from tests.factories import png

HERE = {"S005_001_00000011.png": ("S005", "001", 11)}
MINE = {"anna smiles.png": ("P1", "", None)}


def choices(*names: str, control: str = "au") -> dict[str, Any]:
    """One result, as Label Studio writes it."""
    return {
        "id": "Zk3", "type": "choices", "from_name": control, "to_name": "image",
        "origin": "manual", "value": {"choices": list(names)},
    }  # fmt: skip


def task(image: str, *annotations: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"id": 7, "data": {"image": image}, "annotations": list(annotations), **more}


def by(who: Any, *results: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"id": 3, "completed_by": who, "was_cancelled": False, "result": list(results), **more}


def codings(*wanted: tuple[str, str, set[int], bool]) -> Callable[[], None]:
    """(coder, emotion, units that are present, whether it is the truth)"""

    def check() -> None:
        told = [
            (
                coding.coder.name,
                coding.basic_emotion or coding.emotion,
                {score.au for score in coding.scores.all() if score.present},
                coding.is_accepted,
            )
            for coding in Coding.objects.order_by("pk")
        ]
        assert told == list(wanted)
        assert not Coding.objects.filter(scores__present=False).exists()

    return check


def nothing_is_written() -> None:
    assert not Coding.objects.exists()


UPLOAD = "/data/upload/3/1a2b3c4d-S005_001_00000011.png"
SMILE = by(1, choices("AU6", "AU12"), choices("Happy", control="emotion"))

LABEL_STUDIO = [
    Case(
        "Label Studio's JSON of pictures that are here",
        {"project-1.json": json.dumps([task(UPLOAD, SMILE)])},
        {"codings_created": 1, "faces_created": 0, "refused": 0},
        faces=HERE,
        check=codings(("Label Studio user 1", "happy", {6, 12}, True)),
    ),
    Case(
        "Label Studio's JSON of pictures that came in under their own names",
        {"export.json": json.dumps([task("/data/local-files/?d=lab/anna%20smiles.png", SMILE)])},
        {"codings_created": 1},
        faces=MINE,
        check=codings(("Label Studio user 1", "happy", {6, 12}, True)),
    ),
    Case(
        "Label Studio's JSON in a zip with its pictures",
        {
            "ls/project.json": json.dumps([task(UPLOAD, SMILE)]),
            "ls/images/S005_001_00000011.png": png(),
        },
        {"codings_created": 1, "faces_created": 1},
        check=codings(("Label Studio user 1", "happy", {6, 12}, True)),
    ),
    Case(
        "Label Studio's JSON by several annotators who agree",
        {
            "p.json": json.dumps(
                [
                    task(
                        UPLOAD,
                        by({"id": 1, "email": "ada@lab.org"}, choices("AU12")),
                        by({"id": 2, "email": "ben@lab.org"}, choices("AU12")),
                    )
                ]
            )
        },
        {"codings_created": 2, "disputed": 0},
        faces=HERE,
        check=codings(("ada@lab.org", "", {12}, True), ("ben@lab.org", "", {12}, False)),
    ),
    Case(
        "Label Studio's JSON by several annotators who differ: codings, and no truth",
        {
            "p.json": json.dumps(
                [
                    task(
                        UPLOAD,
                        by(1, choices("AU12")),
                        by(2, choices("AU12 Lip corner puller", "4")),
                    )
                ]
            )
        },
        {"codings_created": 2, "disputed": 1},
        faces=HERE,
        says=("Coders differ on 1",),
        check=codings(
            ("Label Studio user 1", "", {12}, False), ("Label Studio user 2", "", {4, 12}, False)
        ),
    ),
    Case(
        "Label Studio's JSON-MIN",
        {
            "min.json": json.dumps(
                [
                    {
                        "image": UPLOAD,
                        "id": 7,
                        "emotion": "Sadness",
                        "annotator": 4,
                        "au": {"choices": ["AU1", "AU4", "L15B"]},
                        "annotation_id": 9,
                        "created_at": "2024-05-01T10:00:00Z",
                        "lead_time": 8.1,
                    }
                ]
            )
        },
        {"codings_created": 1, "refused": 0},
        faces=HERE,
        check=codings(("Label Studio user 4", "sadness", {1, 4, 15}, True)),
    ),
    Case(
        "Label Studio's choices that name no emotion and no unit, and other results",
        {
            "p.json": json.dumps(
                [
                    task(
                        UPLOAD,
                        by(
                            1,
                            choices("AU12", "blurry"),
                            choices("12", control="age"),
                            {"type": "rectanglelabels", "value": {"x": 1}},
                        ),
                        predictions=[{"result": []}],
                    )
                ]
            )
        },
        {"codings_created": 1, "refused": 0},
        faces=HERE,
        says=(
            "choice 'blurry' of 'au'",
            "choice '12' of 'age'",
            "rectanglelabels",
            "predictions of models",
        ),
        check=codings(("Label Studio user 1", "", {12}, True)),
    ),
    Case(
        "Label Studio's annotations that were skipped, or say nothing",
        {"p.json": json.dumps([task(UPLOAD, by(1, was_cancelled=True), by(2)), task(UPLOAD)])},
        {"refused": 0},
        faces=HERE,
        says=("skipped or cancelled", "without an emotion", "nobody annotated"),
        check=nothing_is_written,
    ),
    Case(
        "Label Studio's annotation with two emotions",
        {"p.json": json.dumps([task(UPLOAD, by(1, choices("Happy", "Sad")))])},
        {"refused": 1},
        faces=HERE,
        says=("Several emotions are chosen: happy, sadness",),
        check=nothing_is_written,
    ),
    Case(
        "Label Studio's JSON of pictures that aren't here",
        {"p.json": json.dumps([task("/data/upload/3/1a2b3c4d-x.png", SMILE)])},
        {"refused": 1},
        says=("There is no face 'x' here",),
        check=nothing_is_written,
    ),
    Case(
        "Label Studio's JSON of texts",
        {"p.json": json.dumps([{"id": 1, "data": {"text": "hello"}, "annotations": [SMILE]}])},
        {"refused": 1},
        says=("names no picture",),
        check=nothing_is_written,
    ),
    Case(
        "Label Studio's JSON as a dry run",
        {"p.json": json.dumps([task(UPLOAD, SMILE)])},
        {"codings_created": 1},
        faces=HERE,
        options=ImportOptions(dry_run=True),
        check=nothing_is_written,
    ),
]


def named(sends: str, name: str, data: str | bytes, *says: str) -> Case:
    """What isn't read, and says so."""
    return Case(sends, {name: data}, status="failed", says=says, check=nothing_is_written)


COCO = json.dumps({"images": [], "annotations": [], "categories": []})
OTHERS = [
    named("COCO", "instances.json", COCO, "COCO", "docs/formats.md"),
    named("Label Studio's CSV", "project.csv",
          "annotation_id,annotator,choice,created_at,id,image,lead_time\r\n1,1,Happy,x,1,a.png,2\r\n",
          "Label Studio's CSV: export as JSON"),
    named("COCO in a zip with pictures", "coco/a.json", COCO, "COCO", "docs/formats.md"),
    named("CVAT for images", "annotations.xml",
          "<?xml version='1.0'?>\n<annotations><version>1.1</version></annotations>", "CVAT"),
    named("Pascal VOC", "a.xml", "<annotation><folder>x</folder></annotation>", "Pascal VOC"),
    named("Datumaro", "d.json", json.dumps({"categories": {}, "items": []}), "Datumaro"),
    named("VIA", "via.json", json.dumps({"_via_img_metadata": {}}), "VGG Image Annotator"),
    named("Labelme", "x.json", json.dumps({"shapes": [], "imagePath": "x.png"}), "Labelme"),
    named("FiftyOne", "samples.json", json.dumps({"samples": []}), "FiftyOne"),
    named("doccano", "d.jsonl", '{"text": "a", "label": []}\n' * 2, "doccano"),
    named("JSON of any other kind", "x.json", json.dumps({"a": 1}), "seems to be JSON"),
    named("JSON that is cut short", "x.json", '[{"data": {"image": "x', "cut short or damaged"),
    named("JSON that is nested without end", "x.json", "[" * 100_000, "JSON"),
    named("a web page", "x.csv", "<!DOCTYPE html><html></html>", "a web page"),
    named("Parquet", "x.parquet", b"PAR1\0\0PAR1", "a Parquet file"),
    named("a RAR archive", "x.rar", b"Rar!\x1a\x07\x00", "a RAR archive", "send a zip"),
    named("a picture by itself", "x.png", png(), "a picture by itself"),
]  # fmt: skip

EXPORTS: list[Case] = [*LABEL_STUDIO, *OTHERS]
