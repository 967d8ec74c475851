"""What came out, by genre."""

from collections import Counter


class Summary:
    """Counts answers, of which `earlier` were there before."""

    def __init__(self) -> None:
        self.earlier = self.missed = 0
        self._genres: Counter[str] = Counter()
        self._certain: Counter[str] = Counter()

    @property
    def answered(self) -> int:
        return self._genres.total()

    def count(self, genre: str, *, certain: bool) -> None:
        self._genres[genre] += 1
        self._certain[genre] += certain

    def lines(self, pictures: int) -> list[str]:
        """A table of the genres, the most frequent first, and a sentence on all `pictures`."""
        width = max(map(len, self._genres), default=0)
        table = [
            f"{genre:<{width}}  {number:>7,}  certain {self._certain[genre]:>7,}"
            for genre, number in sorted(self._genres.items(), key=lambda entry: (-entry[1], entry[0]))
        ]
        parts = [f"{self.answered:,} of {pictures:,} pictures have an answer"]
        if self.earlier:
            parts.append(f"{self.earlier:,} of them from before")
        if self.missed:
            parts.append(f"{self.missed:,} failed")
        if unasked := pictures - self.answered - self.missed:
            parts.append(f"{unasked:,} were not asked")
        return [*table, ", ".join(parts) + "."]
