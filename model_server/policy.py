"""Which of the versions on disk should be served: the version policies of TensorFlow Serving."""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Policy:
    """versions: only these, None for any. count: the highest so many of them, None for all.

    So `latest { num_versions: n }` is Policy(count=n), `all` is Policy(count=None), `specific` is Policy(versions, None).
    """

    versions: frozenset[int] | None = None
    count: int | None = 1

    def choose(self, versions: Iterable[int]) -> list[int]:
        """Those of `versions` that should be served, the highest first."""
        admitted = sorted((version for version in versions if self.versions is None or version in self.versions), reverse=True)
        return admitted[: self.count]
