from training import genres


def test_the_paper_has_fourteen_genres_from_two_sets() -> None:
    assert len(genres.FOURTEEN) == genres.PAPER_GENRES == len(set(genres.NAMES_14))
    assert [genre.name for genre in genres.FOURTEEN if genre.source == genres.ABSTRACT] == ["Abstract"]
    assert {genre.source for genre in genres.FOURTEEN} == {genres.ABSTRACT, genres.WIKIART}


def test_the_seven_are_among_the_fourteen_in_the_same_order() -> None:
    assert [name for name in genres.NAMES_14 if name in genres.NAMES_7] == list(genres.NAMES_7)
    assert len(genres.NAMES_7) == 7


def test_no_folder_belongs_to_two_genres() -> None:
    folders = [folder for genre in genres.FOURTEEN for folder in genre.folders]
    assert len(folders) == len(set(folders))


def test_the_counts_of_the_genres_are_the_paper_s_total() -> None:
    assert sum(genre.pictures for genre in genres.FOURTEEN) == genres.PAPER_TOTAL
