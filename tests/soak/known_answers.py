"""What each version says of each picture, learned without load: later answers are held to it."""

from typing import Any

from files_sent import File

# A batch is computed in another order than a picture alone, and answers are rounded.
TOLERANCE = 0.0006
HEAT_TOLERANCE = 0.01

# Two pictures whose answers differ by less could be mixed up and nobody would see it.
APART = 0.004


class TooMuchAlike(Exception):
    """Two pictures of which a version says nearly the same."""


class Known:
    """scores[version][file name][genre], heat[version][file name] as rows of floats."""

    def __init__(self) -> None:
        self._scores: dict[int, dict[str, dict[str, float]]] = {}
        self._heat: dict[int, dict[str, list[list[float]]]] = {}

    def learn(self, file: File, data: dict[str, Any], explained: dict[str, Any]) -> int:
        """Notes what was said of `file`, and returns the version that said it."""
        version = data["model"]["version"]
        self._scores.setdefault(version, {})[file.name] = _scores(data)
        self._heat.setdefault(version, {})[file.name] = explained["heatmap"]
        return version

    def is_new(self, data: dict[str, Any]) -> bool:
        """Whether the version that says `data` says something else of all pictures that it was asked about."""
        said = _scores(data)
        return all(_apart(said, scores) >= 2 * APART for scores in self._scores.get(data["model"]["version"], {}).values())

    def require_differences(self) -> None:
        """Raises TooMuchAlike where a mix-up could go unnoticed: between any two pictures, and between versions of one."""
        everything = [(version, name, scores) for version, files in self._scores.items() for name, scores in files.items()]
        for number, (version, name, scores) in enumerate(everything):
            for other_version, other_name, other in everything[number + 1 :]:
                if _apart(scores, other) < APART:
                    raise TooMuchAlike(f"{name} by version {version} and {other_name} by version {other_version}")

    def compare(self, file: File, data: Any, heat: bool = False) -> str | None:
        """What is wrong with the answer for `file`, or None. An aborted upload has none."""
        if data is None:
            return None
        version = data["model"]["version"]
        known = self._scores.get(version, {}).get(file.name)
        if known is None:
            return f"{file.name} was answered by version {version}, which nobody has published"
        scores = {data["image_types_prediction"]: data["confidence"]} if heat else _scores(data)
        said = known[data["image_types_prediction"]]
        if (
            (not heat and scores.keys() != known.keys())
            or any(abs(value - known[genre]) > TOLERANCE for genre, value in scores.items())
            or said < max(known.values()) - TOLERANCE
        ):
            return f"{file.name} got {data['image_types_prediction']}, {scores} of version {version}, which says {known}"
        if heat and not _same_heat(data["heatmap"], self._heat[version][file.name]):
            return f"the heat map of {file.name} is another's"
        return None

    def compare_many(self, files: list[File], body: Any) -> str | None:
        entries = body["data"]
        if [entry["file"] for entry in entries] != [file.name for file in files]:
            return f"{[file.name for file in files]} came back as {[entry['file'] for entry in entries]}"
        for file, entry in zip(files, entries, strict=True):
            if entry["status"]["code"] != file.status:
                return f"{file.name} got {entry['status']} among others"
            wrong = self.compare(file, entry["data"])
            if wrong:
                return f"among others, {wrong}"
        return None


def _scores(data: dict[str, Any]) -> dict[str, float]:
    return {entry["genre"]: entry["confidence"] for entry in data["scores"]}


def _same_heat(one: list[list[float]], other: list[list[float]]) -> bool:
    return all(abs(a - b) <= HEAT_TOLERANCE for row, other_row in zip(one, other, strict=True) for a, b in zip(row, other_row, strict=True))


def _apart(one: dict[str, float], other: dict[str, float]) -> float:
    return max(abs(value - other[genre]) for genre, value in one.items())
