"""How long a default training takes, against training through the frozen base on pixels.

The peer is what a tutorial would do: VGG16 frozen, random flips, rotations and zooms on the
pixels, a dense layer with batch norm and dropout, 30 epochs, every one of which runs every picture
through VGG16. Some of its epochs are timed (`--peer-epochs`) and scaled to 30. Beside it stands
`published` on the same crops, whose features are kept, too.

    python -m tests.benchmarks.training_speed [--faces 560]
"""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

import numpy as np

from tests.benchmarks.figures import Figure, clock, heading, processor, tell
from tests.benchmarks.material import arguments, labelled, weights
from training.ml.config import TrainingConfig
from training.ml.dataset import action_unit_targets, emotion_targets
from training.ml.extraction import Pictures, TrunkFiles
from training.ml.progress import Progress, Watch
from training.ml.stage_plan import kind_of
from training.ml.train import train

_EPOCHS = 30
PUBLISHED = TrainingConfig.from_json({"recipe": "published", "framing": "tight"})

#: Kind of a stage -> its seconds on the clock, and of a processor.
Stages = dict[str, tuple[float, float]]


def main() -> None:
    parser = arguments(__doc__.splitlines()[0])
    parser.add_argument("--peer-epochs", type=int, default=1, help="0: without the peer")
    parser.add_argument("--repeats", type=int, default=2, help="trainings from kept features")
    given = parser.parse_args()
    samples, _ = labelled(given)
    config = TrainingConfig()
    with tempfile.TemporaryDirectory() as folder:
        whole = _train(config, samples, Path(folder))
        kept = [_train(config, samples, Path(folder)) for _ in range(given.repeats)]
        published = [_train(PUBLISHED, samples, Path(folder)) for _ in range(given.repeats + 1)][1:]
    print(f"{len(samples)} faces, {config.folds} folds; seconds on the clock, and of a processor")
    print(heading())
    for stage in whole:
        again = [stages.get(stage, (0.0, 0.0)) for stages in kept]
        tell(Figure(f"{stage}, nothing kept", "s", (whole[stage][0],)))
        tell(Figure(f"{stage}, nothing kept", "s of a processor", (whole[stage][1],)))
        tell(Figure(f"{stage}, kept features", "s", clock(again)))
        tell(Figure(f"{stage}, kept features", "s of a processor", processor(again)))
    ours = [_sum(stages) for stages in kept]
    theirs = [_sum(stages) for stages in published]
    peer = _peer(samples, config, given.peer_epochs) * _EPOCHS if given.peer_epochs else 0.0
    beside = (f"{_EPOCHS} epochs on pixels", (peer,)) if peer else ("", ())
    tell(Figure("a default training, nothing kept", "s", (_sum(whole)[0],), *beside))
    tell(Figure("a default training, nothing kept", "s of a processor", (_sum(whole)[1],)))
    tell(Figure("a default training, kept features", "s", clock(ours), "published", clock(theirs)))
    tell(
        Figure(
            "a default training, kept features",
            "s of a processor",
            processor(ours),
            "published",
            processor(theirs),
        )
    )


def _sum(stages: Stages) -> tuple[float, float]:
    """Seconds of all stages together."""
    return sum(each for each, _ in stages.values()), sum(each for _, each in stages.values())


def _train(config: TrainingConfig, samples, folder: Path) -> Stages:
    marks: list[tuple[str, float, float]] = []

    def note(progress) -> None:
        kind = kind_of(progress.stage)
        if not marks or kind != marks[-1][0]:
            marks.append((kind, time.monotonic(), time.process_time()))

    note(Progress("weights", 0, 1))
    train(
        config, samples, TrunkFiles(weights(), folder / "features"),
        models_root=folder / "models", watch=Watch(note),
    )  # fmt: skip
    ends = [*marks[1:], ("", time.monotonic(), time.process_time())]
    return {
        stage: (end[1] - began, end[2] - used)
        for (stage, began, used), end in zip(marks, ends, strict=True)
    }


def _peer(samples, config: TrainingConfig, epochs: int) -> float:
    """Seconds an epoch."""
    import keras
    from keras import layers

    keras.utils.set_random_seed(0)
    pictures = Pictures(samples, config)
    crops = np.stack([pictures.prepared(row).crop for row in range(len(samples))])
    side = (config.input_size, config.input_size, 3)
    base = keras.applications.VGG16(weights=None, include_top=False, input_shape=side)
    base.trainable = False
    x = entry = keras.Input(side)
    for change in (layers.RandomFlip("horizontal"), layers.RandomRotation(0.03)):
        x = change(x)
    x = layers.GlobalAveragePooling2D()(base(layers.RandomZoom(0.1)(x), training=False))
    x = layers.BatchNormalization()(layers.Dense(256, activation="relu")(x))
    x = layers.Dropout(0.5)(x)
    network = keras.Model(
        entry, [layers.Dense(3, activation="softmax")(x), layers.Dense(15, activation="sigmoid")(x)]
    )
    network.compile("adam", ["sparse_categorical_crossentropy", "binary_crossentropy"])
    targets = [
        np.maximum(emotion_targets(samples), 0), np.maximum(action_unit_targets(samples), 0)
    ]  # fmt: skip
    network.train_on_batch(crops[:32].astype("float32"), [t[:32] for t in targets])  # compiles
    started = time.monotonic()
    network.fit(crops.astype("float32"), targets, epochs=epochs, batch_size=32, verbose=0)
    return (time.monotonic() - started) / epochs


if __name__ == "__main__":
    main()
