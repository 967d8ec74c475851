"""What the gateway, the model server and the training agree on. Imports nothing.

A value stands here when changing it would change what the model means; what an operator may change is a setting.
"""

MODEL_NAME = "painting_genre"

# The version label of a version on trial: TensorFlow Serving's labels, docs/operations.md.
CANARY_LABEL = "canary"

PREDICT_SIGNATURE = "serving_default"
EXPLAIN_SIGNATURE = "explain"
SIMILAR_SIGNATURE = "similar"

# The input: float32 (n, 224, 224, 3), RGB, scaled from [0, 255] to [-1, 1] by x / 127.5 - 1 as MobileNetV2 expects.
IMAGE_INPUT = "image"
IMAGE_SIZE = 224
IMAGE_SHAPE = (IMAGE_SIZE, IMAGE_SIZE, 3)
IMAGE_HALF_RANGE = 127.5

# The outputs, for k genres: scores float32 (n, k), calibrated softmax; classes string (n, k), the genre of each score;
# and of the explain signature heatmap float32 (n, 7, 7) in [0, 1], the places of the picture that speak for the best genre.
SCORES_OUTPUT = "scores"
CLASSES_OUTPUT = "classes"
HEATMAP_OUTPUT = "heatmap"
HEATMAP_SHAPE = (7, 7)

# What a version may add to the scores; one with only scores and classes is valid:
# typicality float32 (n) in [0, 1], the share of paintings that look less like the paintings learned from than the picture does;
# certain bool (n), whether the model trusts its answer, by thresholds of its own;
# expected_accuracy float32 (n), the share right of answers of that kind (certain or not, typical or not), by artists not learned from.
TYPICALITY_OUTPUT = "typicality"
CERTAIN_OUTPUT = "certain"
EXPECTED_ACCURACY_OUTPUT = "expected_accuracy"

# A picture of a lower typicality may be no painting.
TYPICAL_FROM = 0.05

# The outputs of the similar signature: the nearest paintings learned from, the nearest first: work int32 (n, 5), rows of
# assets.extra/works.csv; similarity float32 (n, 5), the cosine; works string (n, 5), "artist\ttitle", either part may be empty.
WORK_OUTPUT = "work"
SIMILARITY_OUTPUT = "similarity"
WORKS_OUTPUT = "works"
SIMILAR_WORKS = 5

# One Predict call carries at most this many pictures; both sides size their gRPC messages by it.
MAX_BATCH = 16
IMAGE_BYTES = IMAGE_SIZE * IMAGE_SIZE * 3 * 4
MAX_MESSAGE_BYTES = MAX_BATCH * IMAGE_BYTES + 64 * 1024
