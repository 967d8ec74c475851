from ragam.summary import Summary


def test_genres_by_number_then_name():
    summary = Summary()
    for genre, certain in [("Realism", True), ("Abstract", False), ("Realism", False), ("Cubism", True)]:
        summary.count(genre, certain=certain)
    summary.missed, summary.earlier = 1, 2
    assert summary.lines(7) == [
        "Realism         2  certain       1",
        "Abstract        1  certain       0",
        "Cubism          1  certain       1",
        "4 of 7 pictures have an answer, 2 of them from before, 1 failed, 2 were not asked.",
    ]


def test_only_what_there_is_to_say():
    summary = Summary()
    assert summary.lines(1) == ["0 of 1 pictures have an answer, 1 were not asked."]
    summary.count("Realism", certain=True)
    assert summary.lines(1)[-1] == "1 of 1 pictures have an answer."
