"""The works that are like a picture: what the version's signature `similar` looks through.

The pooled features, less their mean over the works, are turned to the axes of their largest variance, of which the first DIMENSIONS
stay, in int8. Similarity is the cosine of these. The works are those trained on; no picture is kept.
"""

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from io import StringIO

import numpy as np
import numpy.typing as npt

from gateway.contract import SIMILAR_WORKS
from training.artists import artist_key

DIMENSIONS = 96
CANDIDATES = 40  # nearest works among which those of other artists are preferred
OF_ONE_ARTIST = 2  # works before another's are preferred

Features = npt.NDArray[np.floating]
Labels = npt.NDArray[np.integer]


@dataclass(frozen=True)
class Index:
    """n works. turn (1280, d) and mean (1280,) make a picture's vector; codes int8 (n, d), each to be multiplied by its scale (n,).

    artists (n,): a number for each artist, and one of its own for each work by an unknown one. texts: "artist<TAB>title".
    """

    mean: npt.NDArray[np.float32]
    turn: npt.NDArray[np.float16]
    codes: npt.NDArray[np.int8]
    scale: npt.NDArray[np.float32]
    artists: npt.NDArray[np.int32]
    texts: tuple[str, ...]

    def vectors(self, features: Features) -> Features:
        turned = (features - self.mean) @ self.turn.astype(np.float32)
        return np.asarray(turned / np.maximum(np.linalg.norm(turned, axis=1, keepdims=True), 1e-12))

    def similarities(self, features: Features) -> Features:
        """The cosine (m, n) of each picture and each work, from pooled features (m, 1280)."""
        return np.asarray(self.vectors(features) @ (self.codes * self.scale[:, None]).T)


def index(features: Features, artists: Sequence[str], titles: Sequence[str], dimensions: int = DIMENSIONS) -> Index:
    """The index of works by their pooled features (n, 1280), their artists and titles, which may be empty."""
    mean = features.mean(axis=0)
    centred = features - mean
    axes = np.linalg.eigh(centred.T @ centred)[1][:, ::-1][:, :dimensions].astype(np.float16)
    turned = centred @ axes.astype(np.float32)
    codes = np.round(turned * (127 / np.maximum(np.abs(turned).max(axis=1, keepdims=True), 1e-12))).astype(np.int8)
    scale = 1 / np.maximum(np.linalg.norm(codes.astype(np.float32), axis=1), 1e-12)
    keys = [artist_key(artist) for artist in artists]
    names = {name: number for number, name in enumerate(sorted(set(keys) - {""}))}
    numbers = [names[name] if name else len(names) + place for place, name in enumerate(keys)]
    texts = tuple(f"{shown(artist)}\t{one_line(title)}" for artist, title in zip(artists, titles, strict=True))
    return Index(mean.astype(np.float32), axes, codes, scale.astype(np.float32), np.array(numbers, np.int32), texts)


def nearest(index: Index, similarities: Features, count: int = SIMILAR_WORKS) -> npt.NDArray[np.int64]:
    """The works (m, count) that the signature answers with: the nearest, but after two of one artist others' first."""
    few = min(CANDIDATES, similarities.shape[1])
    order = np.argsort(-similarities, axis=1, kind="stable")[:, :few]
    artists = index.artists[order]
    earlier = np.tril(artists[:, :, None] == artists[:, None, :], -1).sum(axis=2)
    behind = np.take_along_axis(similarities, order, axis=1) - 4.0 * (earlier >= OF_ONE_ARTIST)
    best = np.argsort(-behind, axis=1, kind="stable")[:, :count]
    return np.asarray(np.take_along_axis(order, best, axis=1))


def agreement(index: Index, features: Features, artists: Sequence[str], genres: Labels, of: Labels) -> dict[str, float]:
    """Of pictures by their pooled features (m, 1280), artists and genres (m,): of the works answered with, how many have the same genre,
    and how many a genre drawn by chance; whether one of them is by the same artist, of artists in the index; and how often the one
    nearest work has the right genre. of (n,): the genres of the works.
    """
    work = nearest(index, index.similarities(features))
    numbers = {artist_key(line.partition("\t")[0]): number for line, number in zip(index.texts, index.artists, strict=True)}
    own = np.array([numbers.get(artist_key(artist), -1) for artist in artists])
    known = own >= 0
    shares = np.bincount(of) / len(of)
    found = {
        "genre_at_5": float(np.mean(of[work] == genres[:, None])),
        "genre_by_chance": float(np.mean(shares[genres])),
        "nearest_is_right": float(np.mean(of[work[:, 0]] == genres)),
        "of_artists_in_the_index": int(known.sum()),
    }
    if known.any():
        found["artist_at_5"] = float(np.mean((index.artists[work[known]] == own[known, None]).any(axis=1)))
    return {name: round(value, 4) for name, value in found.items()}


def table(index: Index) -> str:
    """works.csv: work, artist, title."""
    text = StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(("work", "artist", "title"))
    writer.writerows((number, *line.split("\t")) for number, line in enumerate(index.texts))
    return text.getvalue()


def shown(artist: str) -> str:
    """An artist's name that its list has in small letters, with capitals."""
    small = {"van", "von", "der", "den", "de", "di", "da", "du", "del", "della", "la", "le", "el", "y", "of", "ten", "ter", "zu"}
    if artist != artist.casefold():
        return one_line(artist)
    words = one_line(artist).split(" ")
    return " ".join(word if place and word in small else word[:1].upper() + word[1:] for place, word in enumerate(words))


def one_line(text: str) -> str:
    return " ".join(text.split())
