"""The paper's model: MobileNetV2 from ImageNet, and on it GlobalAveragePooling2D, Flatten, Dense 128 ReLU, Dropout 0.2, Dense softmax.

For 7 genres these are 2,422,855 parameters, of which 164,871 are the head's, as in the paper's table of layers.
"""

import keras
import numpy as np
import numpy.typing as npt

from gateway.contract import IMAGE_INPUT, IMAGE_SHAPE, SCORES_OUTPUT
from training.config import RAGAM, Recipe, StageError, nearest
from training.early import IMAGENET, see_weights
from training.hints import cause

# The names of the layers that others ask for: the last map before pooling, float32 (n, 7, 7, 1280), and the head's.
FEATURE_MAP = "out_relu"
FEATURES = "features"
HIDDEN = "hidden"
LOGITS = "logits"


def build(genre_count: int, weights: str | None, seed: int, recipe: Recipe = RAGAM) -> keras.Model:
    """The model for `genre_count` genres: image float32 (n, 224, 224, 3) in [-1, 1] -> softmax scores float32 (n, genre_count).

    `weights` is "imagenet", the path of a Keras weight file without its top, or None for random ones. The head is drawn from `seed`.

    Raises StageError where the weights cannot be had.
    """
    keras.utils.set_random_seed(seed)
    image = keras.Input(IMAGE_SHAPE, name=IMAGE_INPUT)
    width = float(recipe.backbone.removeprefix("mobilenet_v2_"))
    trunk = keras.applications.MobileNetV2(include_top=False, weights=None, input_tensor=image, alpha=width)
    _load(trunk, weights, width)
    x = keras.layers.GlobalAveragePooling2D(name="pool")(trunk.get_layer(FEATURE_MAP).output)
    x = keras.layers.Flatten(name=FEATURES)(x)
    x = keras.layers.Dense(recipe.hidden_units, activation="relu", name=HIDDEN)(x)
    x = keras.layers.Dropout(recipe.dropout, seed=seed, name="dropout")(x)
    # float32 under mixed precision too: a softmax in half precision loses the small scores.
    logits = keras.layers.Dense(genre_count, name=LOGITS, dtype="float32")(x)
    scores = keras.layers.Softmax(name=SCORES_OUTPUT, dtype="float32")(logits)
    model = keras.Model(image, scores, name="painting_genre")
    train_from(model, None)
    return model


def train_from(model: keras.Model, first: str | None) -> None:
    """Let the convolutions from layer `first` on and the head learn; with None the head alone.

    Batch norm never learns: its statistics of ImageNet are better than those of 32 paintings, and in Keras a batch norm that is
    not trainable also runs in inference mode. Raises StageError where there is no such layer.
    """
    names = [layer.name for layer in model.layers]
    if first is not None and first not in names:
        raise StageError(f"The model has no layer '{first}' to train from.{nearest(first, names)}")
    start = names.index("pool" if first is None else first)
    for position, layer in enumerate(model.layers):
        layer.trainable = position >= start and not isinstance(layer, keras.layers.BatchNormalization)


def head(model: keras.Model) -> keras.Model:
    """The head alone, sharing its layers with `model`: features float32 (n, 1280) -> scores float32 (n, k)."""
    features = keras.Input(model.get_layer(FEATURES).output.shape[1:], name=FEATURES)
    x = features
    for name in (HIDDEN, "dropout", LOGITS, SCORES_OUTPUT):
        x = model.get_layer(name)(x)
    return keras.Model(features, x, name="head")


def trunk_features(model: keras.Model) -> keras.Model:
    """The frozen part alone: image -> features float32 (n, 1280)."""
    return keras.Model(model.input, model.get_layer(FEATURES).output, name="trunk")


def blend(start: list[npt.NDArray[np.float32]], end: list[npt.NDArray[np.float32]], share: float) -> list[npt.NDArray[np.float32]]:
    """Weights on the straight line from `start` (share 0) to `end` (share 1).

    Between a zero-shot or linear-probe start and the fine-tuned end lie weights that do better on other data than either:
    Wortsman et al., Robust fine-tuning of zero-shot models (2022).
    """
    # What did not learn stays as it was to the bit.
    return [np.where(a == b, a, (1 - share) * a + share * b) for a, b in zip(start, end, strict=True)]


def _load(trunk: keras.Model, weights: str | None, width: float) -> None:
    if weights is None:
        return
    try:
        if weights == IMAGENET:
            trained = keras.applications.MobileNetV2(include_top=False, weights=IMAGENET, input_shape=IMAGE_SHAPE, alpha=width)
            trunk.set_weights(trained.get_weights())
        else:
            see_weights(weights)
            trunk.load_weights(weights)
    except StageError:
        raise
    except Exception as error:  # Keras raises a bare one where a download fails
        instead = "a weight file of MobileNetV2 without its top, or none" if weights == IMAGENET else f"another file, {IMAGENET}, or none"
        raise StageError(f"The weights '{weights}' could not be loaded: {cause(error)}. Give --weights {instead}.") from error
