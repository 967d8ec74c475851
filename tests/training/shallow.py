"""A trunk of a few layers in MobileNetV2's place, for the tests that are not about the network: TensorFlow takes most of a short
training's time to trace and to optimize the graph of its 155 layers.
"""

import keras

from training.typicality import LAYERS


def trunk(
    *,
    include_top: bool,
    weights: None,
    input_tensor: keras.KerasTensor | None = None,
    input_shape: tuple[int, int, int] | None = None,
    alpha: float = 1.0,
) -> keras.Model:
    """As keras.applications.MobileNetV2 is called, with the layers that others ask for by name: (n, 224, 224, 3) -> (n, 7, 7, 32)."""
    assert not include_top
    assert weights is None
    assert alpha == 1.0
    image = keras.Input(input_shape) if input_tensor is None else input_tensor
    x = convolution(image, "Conv1", 8, strides=2)
    x = convolution(x, "block_1_expand", 8, strides=2)
    x = convolution(x, "block_6_expand", 16, strides=2)
    x = keras.layers.DepthwiseConv2D(
        3, strides=2, padding="same", use_bias=False, depthwise_initializer="he_normal", name="block_6_depthwise"
    )(x)
    x = keras.layers.BatchNormalization(name="block_6_depthwise_BN")(x)
    for layer in LAYERS:
        x = convolution(x, layer.removesuffix("_relu"), 8, strides=1)
    x = convolution(x, "Conv_1", 32, strides=2)
    return keras.Model(image, keras.layers.ReLU(6.0, name="out_relu")(x))


def convolution(x: keras.KerasTensor, name: str, filters: int, strides: int) -> keras.KerasTensor:
    x = keras.layers.Conv2D(filters, 3, strides=strides, padding="same", use_bias=False, kernel_initializer="he_normal", name=name)(x)
    x = keras.layers.BatchNormalization(name=f"bn_{name}")(x)
    return keras.layers.ReLU(6.0, name=f"{name}_relu")(x)


def use() -> None:
    """For a process of its own: every model that it builds stands on this trunk."""
    keras.applications.MobileNetV2 = trunk
