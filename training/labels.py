"""Labels that are not trained on, each with its reason: what a collection files is not always what the genre's name means.

A rule leaves pictures out of `train` only. Validation, test and external keep every picture and label, so that figures compare.
The rules are about what WikiArt and those who collect from it file: they hold for Kaggle's sets and for lists that tell a label's source.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from training.artists import artist_key
from training.genres import ABSTRACT, WIKIART
from training.listing import LeftOut, Listed

SOURCES = (WIKIART, ABSTRACT)


@dataclass(frozen=True)
class Rule:
    """Leaves out the pictures of `genre` by one of `artists`, or whose label_source contains `source`; an empty genre is any."""

    reason: str
    genre: str = ""
    artists: tuple[str, ...] = ()
    source: str = ""

    def holds(self, picture: Listed) -> bool:
        if not picture.label_source and picture.source not in SOURCES:
            return False  # pictures of somebody's own, labelled by whom these rules know nothing of
        if self.genre and picture.genre != self.genre:
            return False
        by_one = artist_key(picture.artist) in {artist_key(name) for name in self.artists}
        return by_one or bool(self.source and self.source in picture.label_source)


RULES = (
    Rule("label marked less certain by its collection", source="less certain"),
    Rule(
        "van Gogh is Post-Impressionism in WikiArt; only his Dutch years are filed as Realism",
        genre="Realism",
        artists=("Vincent van Gogh",),
    ),
    Rule(
        "a Rococo painter in WikiArt's list of artists, filed as Neoclassicism by dates",
        genre="Neoclassicism",
        artists=("Dmitry Levitzky", "Joshua Reynolds", "Francois Boucher", "Jean-Honore Fragonard", "Antoine Watteau"),
    ),
    Rule("Bouguereau is Academicism and Realism in WikiArt", genre="Neoclassicism", artists=("William-Adolphe Bouguereau",)),
)


def judged(pictures: Sequence[Listed], rules: Sequence[Rule] = RULES) -> tuple[list[Listed], list[LeftOut]]:
    """The pictures that no rule leaves out, and those that one does, with its reason."""
    reasons = {picture.path: next((rule.reason for rule in rules if rule.holds(picture)), "") for picture in pictures}
    kept = [picture for picture in pictures if not reasons[picture.path]]
    return kept, [LeftOut(picture.path, f"label: {reasons[picture.path]}") for picture in pictures if reasons[picture.path]]
