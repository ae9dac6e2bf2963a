"""A model with figures, data and a history, for cards to tell of."""

from training.ml.data_facts import (
    Agreement,
    DataFacts,
    Doubt,
    GroupCount,
    Labelling,
    LabelSource,
    Pictures,
    Privacy,
    Shown,
)
from training.ml.fairness_figures import Fairness, GroupRates, TargetRates
from training.ml.interval import Interval

MANIFEST = {
    "input_size": 224, "preprocessing_version": 2, "trunk_fingerprint": "abc", "seed": 20,
    "thresholds": {"1": 0.38, "12": 0.62}, "libraries": {"keras": "3.15.1"},
    "network_sha256": "f" * 64, "emotions": ["negative", "positive", "surprise"],
    "action_units": [1, 12], "format_version": 3,
}  # fmt: skip


def fairness() -> Fairness:
    f1 = {"f1": Interval(0.47, 0.31, 0.66)}
    accuracy = {"accuracy": Interval(0.82, 0.74, 0.91), "macro_f1": Interval(0.8, 0.7, 0.9)}
    crossed = "gender × age_group"
    return Fairness(
        tolerance=0.05,
        looks=380,
        groups=(
            GroupRates("gender", "female", {}, 40, 12, True, 0.37,
                       (TargetRates("emotion", 40, 40, accuracy), TargetRates("AU12", 40, 9, f1))),
            GroupRates("gender", "male", {}, 3, 1),
            GroupRates(crossed, "female, 18-29", {}, 29, 9, True, None,
                       (TargetRates("emotion", 29, 29, accuracy),)),
            GroupRates(crossed, "male, 18-29", {}, 3, 1),
        ),
    )  # fmt: skip


def data_facts(*, name: str = "CK+", drawn: int | None = 54) -> DataFacts:
    return DataFacts(
        faces=54,
        subjects=13,
        emotions={"negative": Shown(30, 11, 24), "surprise": Shown(10, 6, 44)},
        units={11: Shown(2, 2, 50), 12: Shown(14, 8, 40)},
        groups={
            "gender": (GroupCount("female", 40, 12), GroupCount("male", 14, 1)),
            "ethnicity": (GroupCount("not recorded", 54, 13),),
        },
        combinations=2,
        alone=1,
        pictures=Pictures(54, 7, {"greyscale": 54}, 490, 640, "2026-01-02T03:04:05+00:00",
                          "2026-02-03T04:05:06+00:00", drawn),
        labelling=Labelling(
            (LabelSource("import", name, 1, 50), LabelSource("people", "", 3, 4)),
            4, 6, 3, 21, 17, 5, 9,
            (Agreement("emotion", 17, 9, Interval(0.71, 0.52, 0.88), Interval(0.8, 0.7, 0.9)),),
            Doubt(54, 8), {12: Doubt(53, 2)}, 1,
        ),
        privacy=Privacy("the server’s own disk", {"coder": 3, "admin": 2}, 4, 77, 2, 1),
        counted_at="2026-03-04T05:06:07+00:00",
    )  # fmt: skip
