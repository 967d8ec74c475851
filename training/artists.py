"""When two names are one artist's."""

import re
import unicodedata

UNKNOWN_ARTISTS = {"", "unknown", "anonymous", "unknown artist", "anonymous artist", "unidentified artist"}


def artist_key(name: str) -> str:
    """`name` without accents, case and punctuation, so that two spellings are one artist; empty where the artist is unknown."""
    plain = "".join(letter for letter in unicodedata.normalize("NFKD", name) if not unicodedata.combining(letter))
    key = " ".join(re.sub(r"[\W_]+", " ", plain).casefold().split())
    return "" if key in UNKNOWN_ARTISTS else key
