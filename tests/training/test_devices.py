"""Several devices, and half precision: on two devices that TensorFlow makes of one processor, since few who run the tests have two GPUs."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

# A process of its own: the devices of a process cannot be changed once they are used.
TRAIN = """
import sys
from dataclasses import replace
from pathlib import Path
import numpy as np
import tensorflow as tf

processor = tf.config.list_physical_devices("CPU")[0]
tf.config.set_logical_device_configuration(processor, [tf.config.LogicalDeviceConfiguration()] * 2)

import keras
from training import fit
from training.config import RAGAM
from training.data import Part

kind, out = sys.argv[1], Path(sys.argv[2])
if kind == "two":
    fit.strategy = lambda: tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"])
if kind == "half":
    keras.mixed_precision.set_global_policy("mixed_float16")
    fit.strategy = tf.distribute.get_strategy

random = np.random.default_rng(0)
# Keras's own random weights let nothing through so many layers without a batch norm that follows; these do (He et al., 2015).
trunk = keras.applications.MobileNetV2(include_top=False, weights=None, input_shape=(224, 224, 3))
for layer in trunk.layers:
    if isinstance(layer, keras.layers.Conv2D | keras.layers.DepthwiseConv2D):
        [kernel] = layer.get_weights()
        inputs = 9 if isinstance(layer, keras.layers.DepthwiseConv2D) else np.prod(kernel.shape[:3])
        layer.set_weights([random.normal(0, np.sqrt(2 / inputs), kernel.shape)])
weights = out.with_name("he.weights.h5")
trunk.save_weights(weights)

pictures = random.integers(0, 256, (14, 224, 224, 3), dtype=np.uint8)
train = Part(pictures, np.arange(14) % 7, ({},) * 14)
validation = Part(pictures[:1], np.arange(1), ({},))
recipe = replace(RAGAM, epochs=2, batch_size=14, head_epochs=1, moving_average=0.5)
checkpoint, _ = fit.fit(
    recipe, train, validation, genre_count=7, weights=str(weights), seed=0, file=out.with_suffix(".npz"), told=lambda epoch, row: None
)
start, end = (np.concatenate([weights.ravel() for weights in part]) for part in (checkpoint.start, checkpoint.average))
np.savez(out, start=start, end=end)
"""

Weights = tuple[np.ndarray, np.ndarray]


@pytest.fixture(scope="module")
def trained_on(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Weights]:
    """Trains on devices of that kind; returns all weights in a row before and after."""

    def train(kind: str) -> Weights:
        out = tmp_path_factory.mktemp(kind) / "weights.out.npz"
        done = subprocess.run(
            [sys.executable, "-c", TRAIN, kind, str(out)],
            check=False,
            cwd=Path(__file__).resolve().parents[2],
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stderr[-2000:]
        with np.load(out) as arrays:
            return arrays["start"], arrays["end"]

    return train


def test_two_devices_learn_what_one_learns(trained_on: Callable[[str], Weights]) -> None:
    start, one = trained_on("one")
    _, two = trained_on("two")
    assert np.abs(one - start).mean() > 1e-6, "nothing was learned"
    # Adam's first steps are little more than the signs of the gradients, and of the smallest gradients the sign is rounding.
    assert np.corrcoef(one - start, two - start)[0, 1] > 0.7


def test_half_precision_learns(trained_on: Callable[[str], Weights]) -> None:
    start, half = trained_on("half")
    assert np.isfinite(half).all()
    assert np.abs(half - start).mean() > 1e-6
