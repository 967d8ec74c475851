"""The pictures that are sent, with the answers that are known beforehand: each picture of an album has one that no other has."""

import hashlib
import json
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.pictures import KINDS, Kind, picture
from benchmarks.service import ROOT

PICTURES = 6
LEAST = 3
CANDIDATES = 16
SOURCES = ("benchmarks/pictures.py", "benchmarks/bench/answer.py", "gateway/picture/preprocess.py", "requirements/dev.txt")
# What decoders may disagree by, less than load.py allows an answer to be off.
STEADY = 0.007
# More than twice the tolerance of load.py: no answer is right for two pictures.
APART = 0.025


@dataclass(frozen=True)
class Entry:
    """`difference`: of the confidence, where a JPEG is decoded at a smaller scale."""

    picture: bytes
    genre: str
    confidence: float
    difference: float = 0.0


@dataclass(frozen=True)
class Album:
    kind: Kind
    entries: tuple[Entry, ...]


class TooAlike(Exception):
    """The model answers alike whatever it is shown, so that mixed-up answers would not show."""


def make_albums(names: Sequence[str], model: Path, folder: Path) -> dict[str, Album]:
    """An album for each of the kinds. `model` is the SavedModel's folder, `folder` is for the pictures.

    What is known comes from answer.py: the weights in TensorFlow, one picture at a time, by the paper's preprocessing. It is kept in
    `folder` for the next time.
    """
    albums = {}
    for name in names:
        known, digest = folder / f"{name}.json", _digest(model, name)
        if not known.exists() or (kept := json.loads(known.read_text(encoding="utf-8")))["digest"] != digest:
            files = [_file(folder, name, KINDS[name], seed) for seed in range(CANDIDATES)]
            kept = {"digest": digest, "answers": {file.name: answer for file, answer in zip(files, _answers(model, files), strict=True)}}
            known.write_text(json.dumps(kept), encoding="utf-8")
        entries = [Entry((folder / file).read_bytes(), *answer) for file, answer in kept["answers"].items()]
        albums[name] = Album(KINDS[name], choose(entries))
    return albums


def make_pixel(model: Path, folder: Path) -> Album:
    """A picture of one pixel: next to nothing to send and to decode."""
    kind = Kind(1, 1, "PNG")
    file = _file(folder, "pixel", kind, 0)
    [answer] = _answers(model, [file])
    return Album(kind, (Entry(file.read_bytes(), *answer),))


def choose(candidates: Sequence[Entry]) -> tuple[Entry, ...]:
    """The first PICTURES of them whose answers are steady, and differ from one another by the genre or by APART in the confidence.

    Raises TooAlike where there are fewer than LEAST.
    """
    chosen: list[Entry] = []
    for entry in candidates:
        if entry.difference <= STEADY and all(
            entry.genre != other.genre or abs(entry.confidence - other.confidence) >= APART for other in chosen
        ):
            chosen.append(entry)
        if len(chosen) == PICTURES:
            break
    if len(chosen) >= LEAST:
        return tuple(chosen)
    raise TooAlike(f"Of {len(candidates)} pictures only {len(chosen)} have answers of their own: mixed-up answers would not show.")


def _file(folder: Path, name: str, kind: Kind, seed: int) -> Path:
    file = folder / f"{name}-{seed}.{kind.format.lower()}"
    folder.mkdir(parents=True, exist_ok=True)
    file.write_bytes(picture(kind, seed))
    return file


def _answers(model: Path, files: Sequence[Path]) -> list[tuple[str, float, float]]:
    """Genre, confidence and difference of each, as in Entry."""
    command = [sys.executable, "-m", "benchmarks.bench.answer", str(model), *map(str, files)]
    done = subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    return [(genre, confidence, difference) for genre, confidence, difference in json.loads(done.stdout)]


def _digest(model: Path, name: str) -> str:
    """Of all that the pictures and their answers hang on: what is known of others is found anew."""
    found = hashlib.sha256(repr((name, KINDS[name], CANDIDATES)).encode())
    for file in (model / "saved_model.pb", *(ROOT / source for source in SOURCES)):
        found.update(file.read_bytes())
    return found.hexdigest()
