"""The genres: the only list of labels, and where each one comes from. Imports nothing of ours.

The paper merges two Kaggle data sets into 14 genres (its tables 1 to 3) and trains on seven of them (table 4), 1,000 pictures
each (table 5). The order below is the order of every label, score and confusion matrix, alphabetical as Keras orders folders.
"""

from dataclasses import dataclass

WIKIART = "sivarazadi/wikiart-art-movementsstyles"
ABSTRACT = "bryanb/abstract-art-gallery"

# What the paper counts in both sets together, before anything is left out. Its counts of the single genres are not at hand, and a
# public description of the sets is no count of the paper's, so they are not guessed here.
PAPER_TOTAL = 45_462
PAPER_GENRES = 14
PAPER_PER_GENRE = 1_000


@dataclass(frozen=True)
class Genre:
    """A genre's name, the Kaggle data set it comes from, and the names of its folders there."""

    name: str
    source: str
    folders: tuple[str, ...]
    published: int | None = None  # pictures in those folders as a public description gives them; None where none was found


FOURTEEN = (
    # 2,782 and 90 pictures: counted by users of the set, and by the numbers in its file names (0 to 2781, 2782 to 2871).
    Genre("Abstract", ABSTRACT, ("Abstract_gallery", "Abstract_gallery_2"), published=2_872),
    Genre("Academic Art", WIKIART, ("Academic_Art",)),
    Genre("Art Nouveau", WIKIART, ("Art_Nouveau",)),
    Genre("Baroque", WIKIART, ("Baroque",)),
    Genre("Expressionism", WIKIART, ("Expressionism",)),
    Genre("Japanese Art", WIKIART, ("Japanese_Art",)),
    Genre("Neoclassicism", WIKIART, ("Neoclassicism",)),
    Genre("Primitivism", WIKIART, ("Primitivism",)),
    Genre("Realism", WIKIART, ("Realism",)),
    Genre("Renaissance", WIKIART, ("Renaissance",)),
    Genre("Rococo", WIKIART, ("Rococo",)),
    Genre("Romanticism", WIKIART, ("Romanticism",)),
    Genre("Symbolism", WIKIART, ("Symbolism",)),
    Genre("Western Medieval", WIKIART, ("Western_Medieval",)),
)

NAMES_14 = tuple(genre.name for genre in FOURTEEN)
NAMES_7 = ("Abstract", "Expressionism", "Neoclassicism", "Primitivism", "Realism", "Romanticism", "Symbolism")  # the paper's table 4
