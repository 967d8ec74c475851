"""From a trained Keras model to the graph that is served: batch norm folded, temperature folded, weights constant, its signatures."""

from collections.abc import Callable, Sequence

import keras
import numpy as np
import tensorflow as tf

from gateway.contract import (
    CERTAIN_OUTPUT,
    CLASSES_OUTPUT,
    EXPECTED_ACCURACY_OUTPUT,
    EXPLAIN_SIGNATURE,
    HEATMAP_OUTPUT,
    IMAGE_INPUT,
    IMAGE_SHAPE,
    PREDICT_SIGNATURE,
    SCORES_OUTPUT,
    SIMILAR_SIGNATURE,
    SIMILARITY_OUTPUT,
    TYPICALITY_OUTPUT,
    WORK_OUTPUT,
    WORKS_OUTPUT,
)
from training.model import FEATURE_MAP, HIDDEN, LOGITS
from training.outputs import certain, similar_works, typicality
from training.similar import Index
from training.trust import Trust

CONVOLUTIONS = (keras.layers.Conv2D, keras.layers.DepthwiseConv2D)


def fold_batch_norm(trunk: keras.Model) -> keras.Model:
    """The same function with every batch norm folded into the convolution before it: one multiplication and one pass over memory less.

    With gamma, beta, mean and variance of the norm, kernel * g and bias beta - mean * g where g = gamma / sqrt(variance + epsilon).

    Raises TypeError where a batch norm does not follow a convolution directly.
    """
    # Keras remembers the mask=None that it gave a batch norm, which the layer in its place does not take.
    folded = keras.models.clone_model(trunk, clone_function=_unnormalised, call_function=lambda layer, *inputs, **_: layer(*inputs))
    made_by = {id(layer.output): layer for layer in trunk.layers}
    for norm in trunk.layers:
        if not isinstance(norm, keras.layers.BatchNormalization):
            continue
        convolution = made_by[id(norm.input)]
        if not isinstance(convolution, CONVOLUTIONS):
            raise TypeError(f"{norm.name} does not follow a convolution.")
        gamma, beta, mean, variance = norm.get_weights()
        scale = gamma / np.sqrt(variance + norm.epsilon)
        kernel = convolution.get_weights()[0]
        # A depthwise kernel is (h, w, channels, 1), a full one (h, w, in, channels).
        depthwise = isinstance(convolution, keras.layers.DepthwiseConv2D)
        shaped = kernel * (scale[:, np.newaxis] if depthwise else scale)
        folded.get_layer(convolution.name).set_weights([shaped, beta - mean * scale])
    return folded


def signatures(
    model: keras.Model, genres: Sequence[str], temperature: float, trust: Trust | None = None, index: Index | None = None
) -> tuple[tf.Module, dict[str, Callable[..., object]]]:
    """What `tf.saved_model.save` takes: a module that owns the functions, and the functions by signature name.

    Without `trust` its outputs are missing, without `index` the signature that looks for similar works.

    The heat map is the class activation map of the best genre in closed form. With features f the mean of the feature map over its
    7 x 7 places, hidden h = relu(W1 f + b1) and logits W2 h + b2, the gradient of logit c by f is W1' ((h > 0) * W2[c]): the weights by
    which the channels of the feature map are summed. This is Grad-CAM (Selvaraju et al., 2017), which equals the class activation
    map (Zhou et al., 2016) for a head of one layer, without a gradient in the graph. Negative places are 0; the largest of a picture is 1.
    """
    layers = [FEATURE_MAP, *(trust.likeness.layers if trust else ())]
    trunk = fold_batch_norm(keras.Model(model.input, [model.get_layer(layer).output for layer in layers]))
    parts = (trunk.trainable_variables, trunk.non_trainable_variables)
    weights = [[(weight.path, weight.numpy()) for weight in part] for part in parts]
    head = [*model.get_layer(HIDDEN).get_weights(), *(weight / np.float32(temperature) for weight in model.get_layer(LOGITS).get_weights())]
    image = tf.TensorSpec((None, *IMAGE_SHAPE), tf.float32, name=IMAGE_INPUT)

    @tf.function(input_signature=[image])  # type: ignore[untyped-decorator]
    def forward(pictures: tf.Tensor) -> dict[str, tf.Tensor]:
        # Constants of this graph instead of variables, so that a server folds what it can when it loads them.
        constants = [[tf.constant(value, name=name) for name, value in part] for part in weights]
        hidden_kernel, hidden_bias, logit_kernel, logit_bias = map(tf.constant, head)
        names = tf.constant([list(genres)])
        found, _ = trunk.stateless_call(*constants, pictures, training=False)
        feature_map, *maps = found if trust else [found]
        features = tf.reduce_mean(feature_map, axis=(1, 2))
        hidden = tf.nn.relu(features @ hidden_kernel + hidden_bias)
        logits = hidden @ logit_kernel + logit_bias
        best = tf.gather(tf.transpose(logit_kernel), tf.argmax(logits, axis=1))
        channels = tf.where(hidden > 0, best, tf.zeros_like(best)) @ tf.transpose(hidden_kernel)
        activation = tf.nn.relu(tf.einsum("nhwc,nc->nhw", feature_map, channels))
        peak = tf.reduce_max(activation, axis=(1, 2), keepdims=True)
        answer = {
            SCORES_OUTPUT: tf.nn.softmax(logits),
            CLASSES_OUTPUT: tf.tile(names, [tf.shape(pictures)[0], 1]),
            HEATMAP_OUTPUT: tf.math.divide_no_nan(activation, peak),
        }
        if trust:
            answer[TYPICALITY_OUTPUT] = typicality(trust, maps)
            answer[CERTAIN_OUTPUT], answer[EXPECTED_ACCURACY_OUTPUT] = certain(trust, answer[SCORES_OUTPUT], answer[TYPICALITY_OUTPUT])
        if index:
            answer[WORK_OUTPUT], answer[SIMILARITY_OUTPUT], answer[WORKS_OUTPUT] = similar_works(index, features)
        return answer

    # All signatures call this one function, so that the file holds the weights once; what a signature leaves out is pruned on loading.
    def signature(*outputs: str) -> Callable[..., object]:
        @tf.function(input_signature=[image])  # type: ignore[untyped-decorator]
        def answer(image: tf.Tensor) -> dict[str, tf.Tensor]:
            found = forward(image)
            return {name: found[name] for name in outputs}

        function: Callable[..., object] = answer
        return function

    trusted = (TYPICALITY_OUTPUT, CERTAIN_OUTPUT, EXPECTED_ACCURACY_OUTPUT) if trust else ()
    functions = {
        PREDICT_SIGNATURE: signature(SCORES_OUTPUT, CLASSES_OUTPUT, *trusted),
        EXPLAIN_SIGNATURE: signature(SCORES_OUTPUT, CLASSES_OUTPUT, HEATMAP_OUTPUT),
    }
    if index:
        functions[SIMILAR_SIGNATURE] = signature(WORK_OUTPUT, SIMILARITY_OUTPUT, WORKS_OUTPUT)
    return tf.Module(name="painting_genre"), functions


def _unnormalised(layer: keras.layers.Layer) -> keras.layers.Layer:
    if isinstance(layer, keras.layers.BatchNormalization):
        return keras.layers.Activation("linear", name=layer.name)
    settings = layer.get_config()
    if isinstance(layer, CONVOLUTIONS):
        settings["use_bias"] = True
    return type(layer).from_config(settings)
