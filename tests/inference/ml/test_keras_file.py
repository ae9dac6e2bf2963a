"""The same network is the same file, whatever the process built and whenever it was saved."""

import os
import subprocess
import sys
import time
import zipfile

import numpy as np

from inference.ml.keras_file import save_network


def _network():
    """Two networks in one, with layers, operations and inputs that Keras names by itself."""
    import keras
    from keras import layers, ops

    keras.utils.set_random_seed(3)
    inside = keras.Input((4,))
    x = layers.Dropout(0.5)(layers.Dense(5, activation="relu")(inside))
    part = keras.Model(inside, layers.Dense(3)(ops.log(ops.abs(x) + 1)))
    whole = keras.Input((4,), name="whole")
    answer = layers.Dense(2, name="dense_1")(layers.Dense(4)(part(whole)))
    return keras.Model(whole, {"answer": layers.Identity(name="answer")(answer)}, name="network")


def test_the_same_network_is_the_same_file(tmp_path):
    import keras

    first, second = _network(), _network()
    for name, network in (("first", first), ("second", second)):
        network.save(tmp_path / f"plain-{name}.keras")
        save_network(network, tmp_path / f"{name}.keras")
        time.sleep(2.1)  # archives count in steps of two seconds
    files = [(tmp_path / f"{name}.keras").read_bytes() for name in ("first", "second")]
    assert files[0] == files[1]
    plain = [(tmp_path / f"plain-{name}.keras").read_bytes() for name in ("first", "second")]
    assert plain[0] != plain[1]
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "first.keras", "plain-first.keras", "plain-second.keras", "second.keras",
    ]  # fmt: skip

    again = keras.saving.load_model(tmp_path / "second.keras", compile=False, safe_mode=True)
    faces = np.random.default_rng(5).normal(size=(7, 4)).astype(np.float32)
    np.testing.assert_array_equal(
        again.predict(faces, verbose=0)["answer"], second.predict(faces, verbose=0)["answer"]
    )


def test_another_process_writes_the_same_file(tmp_path):
    """Where addresses in memory and the order of sets are others."""
    path = tmp_path / "theirs.keras"
    program = (
        "from pathlib import Path\n"
        "from inference.ml.keras_file import save_network\n"
        "from tests.inference.ml.test_keras_file import _network\n"
        "ballast = [bytearray(1 << 20) for _ in range(9)]\n"
        f"save_network(_network(), Path({str(path)!r}))"
    )
    subprocess.run(
        [sys.executable, "-c", program], check=True, env={**os.environ, "PYTHONHASHSEED": "7"}
    )
    save_network(_network(), tmp_path / "ours.keras")
    assert (tmp_path / "ours.keras").read_bytes() == path.read_bytes()


def test_names_that_were_given_stay_and_no_two_are_the_same(tmp_path):
    network = _network()
    save_network(network, tmp_path / "network.keras")
    names = [layer.name for layer in network.layers]
    assert {"whole", "dense_1", "answer"} <= set(names)
    assert len(names) == len(set(names))
    with zipfile.ZipFile(tmp_path / "network.keras") as archive:
        assert {info.date_time[0] for info in archive.infolist()} == {1980}
        assert {info.compress_type for info in archive.infolist()} == {zipfile.ZIP_STORED}
        assert b"date" not in archive.read("metadata.json")
