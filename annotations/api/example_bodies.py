"""Examples of bodies, for the schema and its page.

tests/facsweb/rest/test_schema.py checks each.
"""

from __future__ import annotations

from typing import Any

from facsweb.rest.error_schema import ERRORS
from facsweb.rest.examples import examples_from

_TRUTH = {
    "id": 41,
    "face": 7,
    "coder": "ada",
    "kind": "human",
    "emotion": "positive",
    "basic_emotion": "",
    "emotion_probabilities": None,
    "confidence": None,
    "action_units": {
        "6": {"present": True, "intensity": "", "probability": None},
        "12": {"present": True, "intensity": "C", "probability": None},
    },
    "is_accepted": True,
    "is_blind": False,
    "is_independent": True,
    "is_withdrawn": False,
    "split": "",
    "quality": "",
    "pose": None,
    "distance": None,
    "unlike": None,
    "sets": None,
    "learnt_from_drawings": False,
    "compared_with": "",
    "based_on": None,
    "source": "review",
    "brought_by": None,
    "created_at": "2026-11-03T09:30:00Z",
}
_PREDICTION = _TRUTH | {
    "id": 40,
    "coder": "VGG16-7d1f0c2a9b3e",
    "kind": "model",
    "emotion_probabilities": {"negative": 0.04, "positive": 0.94, "surprise": 0.02},
    "confidence": 0.94,
    "action_units": {
        "6": {"present": False, "intensity": "", "probability": 0.38},
        "12": {"present": True, "intensity": "", "probability": 0.97},
    },
    "is_accepted": False,
    "split": "validation",
    "quality": "good",
    "pose": {"yaw": -4.1, "pitch": 2.0, "roll": 1.3},
    "distance": 0.62,
    "unlike": False,
    "sets": {"emotions": ["positive"], "unsure": [6, 14], "coverage": 0.9},
    "learnt_from_drawings": False,
    "compared_with": "neutral",
    "source": "",
}
_CREATED = {"status": "created", "code": "", "detail": "", "fields": {}}
_CUT_SHORT = "The file is not a readable PNG or JPEG image; it may be cut short."
_STALE = ERRORS[409]

#: Serializer -> what an example shows -> the body.
EXAMPLES: dict[str, dict[str, Any]] = {
    "FaceUploadSerializer": {
        "A smile": {
            "image": "(the file)",
            "subject": "S005",
            "sequence": "001",
            "frame": 11,
            "emotion": "positive",
            "action_units": {"6": True, "12": "C", "4": False},
        }
    },
    "NeutralUploadSerializer": {"The first frame": {"image": "(the file)", "frame": 1}},
    "UploadBatchSerializer": {
        "Two pictures of a subject": {
            "images": ["(the first file)", "(the second file)"],
            "rows": '[{"subject": "S005"}, {"subject": "S005", "emotion": "surprise"}]',
        }
    },
    "InvitationSerializer": {"A coder": {"username": "ada", "role": "coder"}},
    "RoleSerializer": {"A reviewer who audits": {"role": "reviewer", "auditor": True}},
    "HandOverSerializer": {"To Ada": {"to": "ada"}},
    "KnownSerializer": {"One digest": {"sha256": ["0" * 64]}},
    "LabelSerializer": {
        "A correction": {
            "emotion": "positive",
            "action_units": {"6": True, "12": "C"},
            "seen": 41,
            "comment": "cheeks are raised",
        },
        "The first label": {"emotion": "surprise", "seen": None},
    },
    "LabelOfFaceSerializer": {
        "A correction": {
            "face": 7,
            "emotion": "positive",
            "action_units": {"6": True, "12": "C"},
            "seen": 41,
        }
    },
    "CorrectionSerializer": {
        "One action unit": {"action_units": {"12": "D"}, "comment": "stronger than coded"}
    },
    "CommentSerializer": {"A reason": {"comment": "both coders were asked"}},
    "LabelBatchSerializer": {
        "Two faces": {
            "items": [
                {"face": 7, "emotion": "positive", "action_units": {"12": "C"}, "seen": 41},
                {"face": 8, "action_units": {"4": True, "15": "B"}, "seen": None},
            ]
        }
    },
    "PredictionBatchSchema": {
        "OpenFace's action units": {
            "model": "OpenFace 2.2.0",
            "items": [{"face": 7, "action_units": {"6": 0.81, "12": 0.97}}],
        },
        "Emotions by probability": {
            "model": "lab network 3",
            "items": [
                {
                    "face": 7,
                    "emotion_probabilities": {"negative": 0.1, "positive": 0.85, "surprise": 0.05},
                }
            ],
        },
    },
    "QueuePlanSerializer": {
        "The most suspicious labels": {"name": "suspects", "order": "label_errors", "limit": 60},
        "Two blind coders": {
            "name": "reliability",
            "order": "random",
            "seed": 1,
            "first_stage": "coding",
            "coders_per_face": 2,
            "is_blind": True,
            "people": ["ada", "cleo"],
        },
    },
    "QueueEditSerializer": {
        "Another validator": {"members": {"validation": ["ben"]}},
        "Closed": {"is_open": False},
    },
    "NextSerializer": {"The next face": {"stage": "acceptance"}},
    "CodingSerializer": {"A person's ground truth": _TRUTH},
    "FaceSerializer": {
        "Truth and prediction differ in one action unit": {
            "id": 7,
            "subject": {"code": "S005", "gender": "female", "age_group": "", "ethnicity": ""},
            "sequence": "001",
            "frame": 11,
            "sha256": "0" * 64,
            "stored_sha256": "1" * 64,
            "width": 640,
            "height": 490,
            "colour_mode": "greyscale",
            "is_drawn": False,
            "image_url": "http://localhost:8000/api/v1/faces/7/image/",
            "truth": _TRUTH,
            "prediction": _PREDICTION,
            "differences": 1,
            "created_at": "2026-11-02T08:00:00Z",
        }
    },
    "UploadBatchAnswerSerializer": {
        "One new, one known, one unreadable": {
            "created": 1,
            "unchanged": 1,
            "refused": 1,
            "inference_run": 12,
            "items": [
                {"file": "S005_001_00000011.png", "face": 7, "warnings": [], **_CREATED},
                {"file": "again.png", "face": 7, "warnings": [], **_CREATED, "status": "unchanged"},
                {
                    "file": "half.png",
                    "face": None,
                    "warnings": [],
                    "status": "refused",
                    "code": "invalid_image",
                    "detail": _CUT_SHORT,
                    "fields": {"image": [_CUT_SHORT]},
                },
            ],
        }
    },
    "LabelBatchAnswerSerializer": {
        "One new, one stale": {
            "created": 1,
            "unchanged": 0,
            "refused": 1,
            "items": [
                {"index": 0, "face": 7, "coding": 41, **_CREATED},
                {"index": 1, "face": 8, "coding": None, "status": "refused", **_STALE},
            ],
        }
    },
}

with_examples = examples_from(EXAMPLES)
with_form_examples = examples_from(EXAMPLES, media_type="multipart/form-data")
