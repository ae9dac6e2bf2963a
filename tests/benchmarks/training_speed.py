"""How long a default training takes, against training through the frozen base on pixels.

The peer is what a tutorial would do: VGG16 frozen, random flips, rotations and zooms on the
pixels, a dense layer with batch norm and dropout, 30 epochs, every one of which runs every picture
through VGG16. Some of its epochs are timed (`--peer-epochs`) and scaled to 30.

    python -m tests.benchmarks.training_speed
"""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

import numpy as np

from tests.benchmarks.material import arguments, labelled, weights
from training.ml.config import TrainingConfig
from training.ml.dataset import action_unit_targets, emotion_targets
from training.ml.extraction import Pictures, TrunkFiles
from training.ml.progress import Watch
from training.ml.train import train

_EPOCHS = 30


def main() -> None:
    parser = arguments(__doc__.splitlines()[0])
    parser.add_argument("--peer-epochs", type=int, default=1)
    given = parser.parse_args()
    samples, _ = labelled(given)
    config = TrainingConfig()
    with tempfile.TemporaryDirectory() as folder:
        whole, cached = (_train(config, samples, Path(folder)) for _ in range(2))
    epoch = _peer(samples, config, given.peer_epochs)
    heads = sum(seconds for stage, seconds in cached.items() if "features" not in stage)
    peer = epoch * _EPOCHS
    print(f"{len(samples)} faces, {config.folds} folds")
    for stage, seconds in whole.items():
        print(f"  {stage:22}{seconds:7.1f} s   again, from cached features {cached[stage]:6.1f} s")
    print(f"whole default run      {sum(whole.values()):7.1f} s")
    print(f"from cached features   {heads:7.1f} s, of which {_heads(cached):.1f} s in the folds")
    print(f"one fit of the heads   {_heads(cached) / config.folds:7.1f} s")
    print(f"peer, one epoch        {epoch:7.1f} s ({epoch / len(samples):.2f} s a face)")
    print(f"peer, {_EPOCHS} epochs        {peer:7.1f} s")
    print(f"peer / one fit of the heads   {peer / (_heads(cached) / config.folds):6.0f}")
    print(f"peer / from cached features   {peer / heads:6.1f}")
    print(f"peer / whole default run      {peer / sum(whole.values()):6.1f}")


def _heads(stages: dict[str, float]) -> float:
    return sum(seconds for stage, seconds in stages.items() if stage.startswith("fold"))


def _train(config: TrainingConfig, samples, folder: Path) -> dict[str, float]:
    """Stage -> seconds."""
    marks: list[tuple[str, float]] = [("start", time.monotonic())]

    def note(progress) -> None:
        if progress.stage != marks[-1][0]:
            marks.append((progress.stage, time.monotonic()))

    train(
        config, samples, TrunkFiles(weights(), folder / "features"),
        models_root=folder / "models", watch=Watch(note),
    )  # fmt: skip
    ends = [*(at for _, at in marks[1:]), time.monotonic()]
    return {stage: end - at for (stage, at), end in zip(marks, ends, strict=True)}


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
