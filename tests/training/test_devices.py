"""Several devices, and half precision: on two devices that TensorFlow makes of one processor, since few who run the tests have two GPUs."""

import subprocess
import sys
from pathlib import Path

import numpy as np

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
sys.path.insert(0, "tests/training")
import shallow
from training import fit
from training.config import RAGAM
from training.data import Part

shallow.use()
folder = Path(sys.argv[1])
random = np.random.default_rng(0)
pictures = random.integers(0, 256, (14, 224, 224, 3), dtype=np.uint8)
train = Part(pictures, np.arange(14) % 7, ({},) * 14)
validation = Part(pictures[:5], np.arange(5), ({},) * 5)
# Each device draws masks for its own pictures. Neither batches nor validation can be halved, and every step is clipped.
recipe = replace(RAGAM, epochs=2, batch_size=9, head_epochs=0, ema_momentum=0.5, sampling="once", dropout=0.0, clip_norm=0.05)
for kind, strategy in (
    ("one", lambda _: tf.distribute.get_strategy()),
    ("two", lambda _: tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"])),
    ("half", lambda _: tf.distribute.get_strategy()),
):
    keras.mixed_precision.set_global_policy("mixed_float16" if kind == "half" else "float32")
    fit.strategy = strategy
    out = folder / kind
    out.mkdir()
    rows, _ = fit.fit(recipe, train, validation, genre_count=7, weights=None, seed=0, out=out)
    assert all(np.isfinite(list(row.values())).all() for row in rows), rows
    start, end = (fit.kept(replace(recipe, shares=(share,)), 7, out, rows)[0].get_weights() for share in (0.0, 1.0))
    start, end = (np.concatenate([weights.ravel() for weights in part]) for part in (start, end))
    np.savez(folder / f"{kind}.npz", start=start, end=end)
"""


def test_two_devices_learn_what_one_learns_and_half_precision_learns(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", TRAIN, str(tmp_path)], check=False, cwd=Path(__file__).resolve().parents[2], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr[-2000:]
    learned = {}
    for kind in ("one", "two", "half"):
        with np.load(tmp_path / f"{kind}.npz") as arrays:
            learned[kind] = arrays["end"] - arrays["start"]
        assert np.isfinite(learned[kind]).all()
        assert np.abs(learned[kind]).mean() > 1e-6, "nothing was learned"
    # Keras' fit, which clips each device's gradients before it adds them up, comes to 0.98 here.
    assert np.corrcoef(learned["one"], learned["two"])[0, 1] > 0.999999
