"""What is of another shape than the service's answers stops nothing: the picture is left out with the reason, the others go on."""

import json

from page_actions import choose, expect_answered, left_out, look_at, picture_file, saved, saved_rows, tile
from playwright.sync_api import expect
from told_answers import tell, told

NOT_UNDERSTOOD = "The service gave an answer that this page does not understand."
GOOD = told("Realism")
DATA = {
    "nothing.jpg": None,
    "truth.jpg": True,
    "list.jpg": [1],
    "empty.jpg": {},
    "no-model.jpg": {key: value for key, value in GOOD.items() if key != "model"},
    "no-scores.jpg": {key: value for key, value in GOOD.items() if key != "scores"},
    "words.jpg": {**GOOD, "scores": "xx"},
    "figures.jpg": {**GOOD, "confidence": ["=1+1"]},
    "much.jpg": {**GOOD, "confidence": 1.5},
    "version.jpg": {**GOOD, "model": {"name": "m", "version": ["=1+3"]}},
    "similar.jpg": {**GOOD, "similar": [None]},
    "genre.jpg": {**GOOD, "image_types_prediction": 5},
    "long.jpg": {**GOOD, "image_types_prediction": "a" * 100_000},
}


def test_misshapen_answers_are_failures_and_the_queue_goes_on(visit, picture):
    page = visit()
    tell(page, DATA)
    page.route("**/explanation", lambda route: route.fulfill(json={"status": {"code": 200}, "data": {"heatmap": [[0.5], "x"]}}))
    choose(page, *(picture_file(name, picture(64, 48)) for name in [*DATA, "last.jpg"]))
    expect_answered(page, 1, len(DATA) + 1)
    for name in DATA:
        expect(left_out(page, name)).to_contain_text(NOT_UNDERSTOOD)
    look_at(page, "last.jpg")
    page.locator("#look-map").click()
    expect(page.locator("#look-map-note")).to_have_text(NOT_UNDERSTOOD)
    page.reload()
    expect_answered(page, 1, len(DATA) + 1)
    page.unroute_all()
    words = {"status": {"error": {"a": 1}, "detail": ["b"]}, "data": None}
    page.route("**/prediction?*", lambda route: route.fulfill(status=400, json=words))
    choose(page, picture_file("error.jpg", picture(64, 48)))
    expect(left_out(page, "error.jpg")).to_contain_text(NOT_UNDERSTOOD)
    expect(left_out(page, "error.jpg").locator(".detail")).to_have_count(0)


def test_a_misshapen_list_of_genres_is_said_and_stops_nothing(visit, picture):
    page = visit()
    genres = [{"name": "Realism", "description": "text"}]
    page.route("**/genres", lambda route: route.fulfill(json={"status": {"code": 200}, "data": genres}))
    tell(page)
    page.reload()
    expect(page.locator("#genres-state")).to_have_text(f"The genres cannot be shown. {NOT_UNDERSTOOD}")
    choose(page, picture_file("a.jpg", picture(64, 48)))
    expect_answered(page, 1)


def test_genres_may_be_called_as_what_every_object_has_as_a_column_or_as_a_formula(answered):
    shares = {"constructor": 0.5, "__proto__": 0.2, "file": 0.1, "'file": 0.08, "judged_by": 0.07, "=x": 0.05}
    scores = [{"genre": genre, "confidence": share} for genre, share in shares.items()]
    page = answered({"odd.jpg": {**GOOD, "image_types_prediction": "constructor", "scores": scores}, "plain.jpg": GOOD})
    expect(tile(page, "odd.jpg").locator(".genre")).to_have_text("constructor")
    rows = {row["file"]: row for row in saved_rows(page)}
    columns = ("constructor", "__proto__", "'file", "''file", "'judged_by", "'=x", "Realism")
    assert [rows["odd.jpg"][column] for column in columns] == ["0.5", "0.2", "0.1", "0.08", "0.07", "0.05", ""]
    assert [rows["plain.jpg"][column] for column in columns] == ["", "", "", "", "", "", "0.7"]
    for entry in ("JSON-LD", "IIIF annotation list"):
        text = saved(page, entry).decode()
        json.loads(text)
        assert "native code" not in text
