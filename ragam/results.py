"""What becomes of a picture: a prediction, or the reason why there is none."""

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime


@dataclass(frozen=True)
class Prediction:
    """As the service gives it: confidences in [0, 1] with its decimals, `scores` for all genres, best first."""

    genre: str
    confidence: float
    certain: bool
    version: int
    scores: tuple[tuple[str, float], ...]


@dataclass(frozen=True)
class Answer:
    """For the picture `file`, at `time`: either a `prediction`, or a sentence in `error`.

    `is_last` tells that no other picture would fare better, because the service is away or refuses the key.
    """

    file: str
    prediction: Prediction | None = None
    error: str = ""
    is_last: bool = False
    time: datetime = field(default_factory=lambda: datetime.now(UTC))

    def moment(self) -> str:
        return self.time.isoformat(timespec="seconds")

    def as_json(self) -> str:
        """One line. The keys are always the same; those of a prediction are null where there is an error, and the other way round."""
        found = self.prediction
        return json.dumps(
            {
                "file": self.file,
                "genre": found and found.genre,
                "confidence": found and found.confidence,
                "certain": found and found.certain,
                "model_version": found and found.version,
                "scores": found and dict(found.scores),
                "error": self.error or None,
                "time": self.moment(),
            }
        )
