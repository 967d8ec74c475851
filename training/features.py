"""What a frozen net makes of many pictures, by LiteRT: 8 ms of one core for a picture through MobileNetV2, a third of TensorFlow's time."""

import threading
from collections.abc import Callable
from tempfile import TemporaryDirectory

import keras
import numpy as np
import numpy.typing as npt
import tensorflow as tf
from ai_edge_litert.interpreter import Interpreter

from gateway.picture.preprocess import to_tensor
from training.pictures import on_all_cores

Features = npt.NDArray[np.float32]
Pixels = npt.NDArray[np.uint8]


def features(trunk: keras.Model, pixels: Pixels) -> Features:
    """The output (n, d) of `trunk` for uint8 pictures (n, 224, 224, 3), in order, scaled as the gateway scales them."""
    return extractor(trunk)(pixels)


def extractor(trunk: keras.Model) -> Callable[[Pixels], Features]:
    """`features` of one trunk for several sets of pictures: to convert it takes longer than 100 pictures."""
    with TemporaryDirectory() as folder:
        trunk.export(folder, verbose=False)
        model = tf.lite.TFLiteConverter.from_saved_model(folder).convert()
    own = threading.local()

    def answer(picture: Pixels) -> Features:
        if not hasattr(own, "interpreter"):
            own.interpreter = Interpreter(model_content=model, num_threads=1)
            own.interpreter.allocate_tensors()
        interpreter = own.interpreter
        interpreter.set_tensor(interpreter.get_input_details()[0]["index"], to_tensor(picture[np.newaxis]))
        interpreter.invoke()
        found: Features = interpreter.get_tensor(interpreter.get_output_details()[0]["index"])[0]
        return found

    return lambda pixels: np.stack(list(on_all_cores(lambda place: answer(pixels[place]), range(len(pixels)), trunk.name)))
