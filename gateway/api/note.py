"""What an answer is worth, in words."""

from gateway.contract import TYPICAL_FROM
from gateway.prediction import Prediction


def note(prediction: Prediction) -> str | None:
    """One or two sentences on `prediction`, None where its version tells nothing of its worth."""
    sentences = []
    may_be_none = prediction.typicality is not None and prediction.typicality < TYPICAL_FROM
    if may_be_none:
        sentences.append("The picture is unlike the paintings that the model learned from and may be no painting.")
    elif prediction.certain is not None:
        sentences.append("The model is certain of the genre." if prediction.certain else "The model is not certain of the genre.")
    if prediction.expected_accuracy is not None:
        right = round(100 * prediction.expected_accuracy)
        condition = "If it is one, of answers" if may_be_none else "Of answers"
        sentences.append(f"{condition} like this one about {right} of 100 were right, for artists that the model did not learn from.")
    return " ".join(sentences) or None
