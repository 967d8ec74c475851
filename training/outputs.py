"""What the served graph answers beside the scores, in TensorFlow's operations, which LiteRT has too. The same in numpy: their own files."""

import numpy as np
import tensorflow as tf

from gateway.contract import SIMILAR_WORKS, TYPICAL_FROM
from training.similar import CANDIDATES, OF_ONE_ARTIST, Index
from training.trust import Trust


def typicality(trust: Trust, maps: list[tf.Tensor]) -> tf.Tensor:
    """float32 (n) in [0, 1] from the feature maps (n, h, w, c) of the layers that `trust` names."""
    seen = tf.concat([tf.reduce_mean(layer, axis=(1, 2)) for layer in maps], axis=1)
    likeness = trust.likeness
    scaled = tf.clip_by_value((seen - likeness.mean) * likeness.factor, -likeness.reach, likeness.reach)
    score = tf.nn.relu(scaled @ likeness.kernel + likeness.bias) @ likeness.last[:, np.newaxis]
    knots = likeness.knots
    return tf.reduce_mean(tf.clip_by_value((score - knots[:-1]) / np.diff(knots), 0.0, 1.0), axis=1)


def certain(trust: Trust, scores: tf.Tensor, typical: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    """Bool (n) whether the answer is certain, and float32 (n) how many of such answers are right."""
    limits = tf.gather(tf.constant(trust.limits), tf.argmax(scores, axis=1))
    plausible = typical >= TYPICAL_FROM
    sure = tf.logical_and(tf.reduce_max(scores, axis=1) >= limits, plausible)
    among_certain, among_uncertain, among_untypical = (tf.fill(tf.shape(typical), float(share)) for share in trust.expected)
    return sure, tf.where(sure, among_certain, tf.where(plausible, among_uncertain, among_untypical))


def similar_works(index: Index, features: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
    """Work int32 (n, 5), similarity float32 (n, 5), works string (n, 5), from pooled features (n, 1280)."""
    turned = (features - index.mean) @ tf.cast(tf.constant(index.turn), tf.float32)
    vectors = turned / tf.maximum(tf.norm(turned, axis=1, keepdims=True), 1e-12)
    # Gathered by numbers that are known only when it runs: as a constant the int8 codes would be written as float32, four times as large.
    rows = tf.range(len(index.codes)) + tf.minimum(tf.shape(features)[0], 1) - 1
    codes = tf.cast(tf.gather(tf.constant(index.codes), rows), tf.float32) * index.scale[:, np.newaxis]
    few = min(CANDIDATES, len(index.codes))
    similarity, work = tf.math.top_k(tf.matmul(vectors, codes, transpose_b=True), few)
    artists = tf.gather(tf.constant(index.artists), work)
    earlier = tf.cast(tf.equal(artists[:, :, tf.newaxis], artists[:, tf.newaxis, :]), tf.float32) * np.tril(
        np.ones((few, few), np.float32), -1
    )
    behind = tf.cast(tf.reduce_sum(earlier, axis=2) >= OF_ONE_ARTIST, tf.float32)
    best = tf.math.top_k(similarity - 4.0 * behind, min(SIMILAR_WORKS, few))[1]
    chosen = tf.gather(work, best, batch_dims=1)
    return chosen, tf.gather(similarity, best, batch_dims=1), tf.gather(tf.constant(index.texts), chosen)
