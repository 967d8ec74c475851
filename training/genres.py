"""The genres: the only list of labels, and where each one comes from. Imports nothing of ours.

The paper merges two Kaggle data sets into 14 genres (its tables 1 to 3) and trains on seven of them (table 4), 1,000 pictures
each (table 5). The order below is the order of every label, score and confusion matrix, alphabetical as Keras orders folders.
"""

from dataclasses import dataclass

WIKIART = "sivarazadi/wikiart-art-movementsstyles"
ABSTRACT = "bryanb/abstract-art-gallery"

# What the paper counts in both sets together, before anything is left out. The counts of the single genres below are those that
# users of the two sets give for their folders; they add up to the paper's total to the picture.
PAPER_TOTAL = 45_462
PAPER_GENRES = 14
PAPER_PER_GENRE = 1_000


@dataclass(frozen=True)
class Genre:
    """A genre's name, the Kaggle data set it comes from, the names of its folders there, and the number of pictures in them."""

    name: str
    source: str
    folders: tuple[str, ...]
    pictures: int  # in those folders


FOURTEEN = (
    # 2,782 and 90 pictures, as the numbers in the set's file names too say (0 to 2781, 2782 to 2871).
    Genre("Abstract", ABSTRACT, ("Abstract_gallery", "Abstract_gallery_2"), pictures=2_872),
    Genre("Academic Art", WIKIART, ("Academic_Art",), pictures=1_305),
    Genre("Art Nouveau", WIKIART, ("Art_Nouveau",), pictures=3_042),
    Genre("Baroque", WIKIART, ("Baroque",), pictures=5_312),
    Genre("Expressionism", WIKIART, ("Expressionism",), pictures=2_607),
    Genre("Japanese Art", WIKIART, ("Japanese_Art",), pictures=2_235),
    Genre("Neoclassicism", WIKIART, ("Neoclassicism",), pictures=3_115),
    Genre("Primitivism", WIKIART, ("Primitivism",), pictures=1_324),
    Genre("Realism", WIKIART, ("Realism",), pictures=5_373),
    Genre("Renaissance", WIKIART, ("Renaissance",), pictures=6_192),
    Genre("Rococo", WIKIART, ("Rococo",), pictures=2_521),
    Genre("Romanticism", WIKIART, ("Romanticism",), pictures=6_813),
    Genre("Symbolism", WIKIART, ("Symbolism",), pictures=1_510),
    Genre("Western Medieval", WIKIART, ("Western_Medieval",), pictures=1_241),
)

NAMES_14 = tuple(genre.name for genre in FOURTEEN)
NAMES_7 = ("Abstract", "Expressionism", "Neoclassicism", "Primitivism", "Realism", "Romanticism", "Symbolism")  # the paper's table 4
