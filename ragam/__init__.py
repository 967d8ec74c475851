"""Ragam's client: it sends pictures to a gateway over HTTP. Knows nothing of the server's code. `Client` is where to start."""

from ragam import errors
from ragam.aio import AsyncClient
from ragam.client import Client
from ragam.errors import RagamError
from ragam.results import Explanation, Genre, Model, Prediction, SimilarWork

# pyproject.toml says the same, held by a test.
__version__ = "0.2.0"

__all__ = ["AsyncClient", "Client", "Explanation", "Genre", "Model", "Prediction", "RagamError", "SimilarWork", "errors"]
