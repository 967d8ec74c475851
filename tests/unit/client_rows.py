"""Answers and names as awkward as they come, for the tests of the CSV."""

import os

from hypothesis import strategies as st

from ragam.results import Answer, Prediction

AWKWARD = [
    "=1+1.jpg",
    "'=1.jpg",
    "./=2.jpg",
    'a"b.jpg',
    '"',
    "a\nb.jpg",
    "a\r\nb.jpg",
    "a;b,c.jpg",
    "\\xff.jpg",
    os.fsdecode(b"\xff.jpg"),
    "é日.jpg",
]
GENRES = ["Realism", "Abstract", "=Formula", "Genre", 'Süß, "quoted"']


def predicted(file, genres=("Realism", "Abstract"), confidence=0.6143):
    rest = round((1 - confidence) / max(1, len(genres) - 1), 4)
    scores = tuple((genre, confidence if number == 0 else rest) for number, genre in enumerate(genres))
    return Answer(file, Prediction(genres[0], confidence, confidence >= 0.5, 3, scores))


def failed(file, error='The file is empty. Send "a" picture.'):
    return Answer(file, error=error)


names = st.one_of(
    st.sampled_from(AWKWARD),
    st.binary(min_size=1, max_size=12).filter(lambda data: not set(data) & {0, 47} and data not in {b".", b".."}).map(os.fsdecode),
)
answers = st.lists(names, unique=True, min_size=1, max_size=8).flatmap(
    lambda files: st.tuples(
        *(
            st.one_of(
                st.just(failed(file)),
                st.builds(predicted, st.just(file), st.permutations(GENRES).map(lambda genres: tuple(genres[:3])), st.floats(0, 1)),
            )
            for file in files
        )
    )
)
