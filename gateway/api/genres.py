"""What the model knows: its genres, each with what is told of it in English and Indonesian."""

import json
import math
from collections.abc import Callable
from pathlib import Path
from time import monotonic

from flask import Blueprint, Response, current_app

from gateway.api import envelope
from gateway.errors import ServingError
from gateway.prediction import Classifier

genres = Blueprint("genres", __name__)

# By genre and language. The list of genres is the model's own: a text here names none, and a genre may have no text.
TEXTS: dict[str, dict[str, str]] = json.loads(Path(__file__).with_name("genres.json").read_text(encoding="utf-8"))

KEPT_SECONDS = 60.0
# Whoever has waited while the model server did not answer is told so: not each of them waits for it once more.
FAILED_SECONDS = 0.5


class GenreList:
    """The model's genres in its own order, asked for once a minute at most, so that another version's list is never far away."""

    def __init__(self, classifier: Classifier, clock: Callable[[], float] = monotonic) -> None:
        self._classifier = classifier
        self._clock = clock
        self._kept: tuple[str, ...] = ()
        self._failure: ServingError | None = None
        self._until = -math.inf

    def names(self) -> tuple[str, ...]:
        """Raises errors.ServingError where the model has never answered and does not now."""
        # No lock: the front asks in one thread.
        if self._clock() >= self._until:
            seconds = KEPT_SECONDS
            try:
                self._kept, self._failure = self._classifier.genres(), None
            except ServingError as error:
                # What the model knew a while ago is a better answer than none, and not worth a deadline for each caller.
                if not self._kept:
                    self._failure, seconds = error, FAILED_SECONDS
            self._until = self._clock() + seconds
        if self._failure:
            raise self._failure.with_traceback(None)
        return self._kept


@genres.get("/genres")
def listing() -> Response:
    known: GenreList = current_app.extensions["genres"]
    return envelope.success("Success fetching the genres", [envelope.genre_data(name, TEXTS.get(name)) for name in known.names()])
