import numpy as np
from PIL import Image

from benchmarks.resize import difference, milliseconds


def test_both_are_timed_and_compared(monkeypatch):
    picture = Image.effect_noise((320, 240), 60).convert("RGB")
    assert all(one > 0 for one in milliseconds(picture, 2).values())
    assert difference(picture).max() <= 2
    monkeypatch.setattr("benchmarks.resize.to_model_size", lambda upright: 255 - np.asarray(upright.whole().resize((224, 224))))
    assert difference(picture).max() > 100
