"""Files from elsewhere: whatever is wrong with one becomes a sentence."""

import csv
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager

from training.config import StageError
from training.hints import cause

# The file is not there or damaged, is no text, table, TOML, JSON or array, or of another shape: a list for an object, a number too large,
# brackets so deep that a parser ends (RecursionError is a RuntimeError).
UNREADABLE = (
    *(OSError, EOFError, ValueError, LookupError, TypeError, AttributeError, ArithmeticError, RuntimeError),
    *(csv.Error, zipfile.BadZipFile, zlib.error),
)


@contextmanager
def reading(sentence: str, kind: type[Exception] = StageError) -> Iterator[None]:
    """Raises `kind` for what reading raises, with `sentence`, in which {cause} is why. Of a `kind` raised inside the sentence stays."""
    try:
        yield
    except kind:
        raise
    except UNREADABLE as error:
        raise kind(sentence.replace("{cause}", why(error))) from error


def why(error: Exception) -> str:
    """The cause of what reading raises; a missing key alone would be no sentence."""
    if isinstance(error, KeyError):
        return f"there is no {error}"
    if isinstance(error, TypeError | AttributeError | IndexError):
        return "it is built in another way"
    return "it is nested too deeply" if isinstance(error, RecursionError) else cause(error)
