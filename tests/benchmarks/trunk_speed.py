"""How fast VGG16 sees: Keras, the light runtime, and the matrix product that bounds them.

    python -m tests.benchmarks.trunk_speed [--repeats 5]

All see the same pictures with the same weights, by turns. Processor time counts all threads.
"""

from __future__ import annotations

import argparse
import math

import numpy as np

from inference.ml.conversion import light_trunk
from inference.ml.runtime import streams
from inference.ml.trunk import build_trunk
from inference.ml.weights import layer_shapes
from tests.benchmarks.figures import Figure, alternately, clock, heading, processor, tell
from tests.benchmarks.material import weights

_SIZE, _BATCH, _SIDE = 224, 16, 2048


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeats", type=int, default=5)
    given = parser.parse_args()
    print(heading())
    keras = build_trunk("vgg16", weights(), _SIZE)
    light = light_trunk(keras)
    draw = np.random.default_rng(0)
    crops = draw.normal(0, 60, (_BATCH, _SIZE, _SIZE, 3)).astype(np.float32)
    square = draw.random((_SIDE, _SIDE)).astype(np.float32)
    few = min(_BATCH, 2 * streams())
    works = {
        "one": lambda: keras.predict(crops[:1], verbose=0),
        "batch": lambda: keras.predict(crops, verbose=0),
        "light": lambda: light.predict_on_batch(crops[:few]),
        "product": lambda: square @ square,
    }
    for work in works.values():
        work()
    found = alternately(given.repeats, **works)
    rate = 2 * _SIDE**3 / 1e9
    product = tuple(rate / seconds for seconds in clock(found["product"]))
    tell(Figure(f"matrix product, {_SIDE} square, 32 bits", "GFLOP/s", product))
    own = tuple(rate / seconds for seconds in processor(found["product"]))
    tell(Figure("matrix product, of one processor", "GFLOP/s", own))
    each = {"one": 1, "batch": _BATCH, "light": few}
    faces = {name: tuple(1 / s for s in clock(found[name], each[name])) for name in each}
    used = {name: tuple(1000 * s for s in processor(found[name], each[name])) for name in each}
    tell(Figure("keras.predict, one at a time", "faces/s", faces["one"]))
    tell(
        Figure(
            "keras.predict, batches of 16", "faces/s", faces["batch"], "one at a time", faces["one"]
        )
    )
    tell(
        Figure(
            "light runtime, 32 bits",
            "faces/s",
            faces["light"],
            "keras.predict of 16",
            faces["batch"],
        )
    )
    tell(
        Figure(
            "light runtime, 32 bits",
            "ms of a processor",
            used["light"],
            "keras.predict of 16",
            used["batch"],
        )
    )
    work_each = _gigaflops() / 1000
    reached = tuple(1000 * work_each / (ms / 1000) for ms in used["light"])
    tell(
        Figure(
            "light runtime, multiplications and additions",
            "GFLOP/s",
            reached,
            "matrix product",
            own,
        )
    )


def _gigaflops() -> float:
    """What the plain way takes for one picture: 2 x multiplications of every convolution."""
    total = 0.0
    for name, shape in layer_shapes().items():
        side = _SIZE // 2 ** (int(name[5]) - 1)
        total += 2 * math.prod(shape) * side * side
    return total / 1e9


if __name__ == "__main__":
    main()
