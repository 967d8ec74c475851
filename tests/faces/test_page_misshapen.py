"""What is of another shape than the service's answers stops nothing: the picture is left out with the reason, the others go on."""

import json

import pytest
from page_actions import choose, expect_answered, left_out, look_at, picture_file, saved, saved_rows, tile
from playwright.sync_api import expect
from told_answers import told

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


def answer_by_name(page, answers):
    def answer(route):
        name = route.request.post_data_buffer.split(b'filename="')[1].split(b'"')[0].decode()
        route.fulfill(json={"status": {"code": 200, "message": "OK"}, "data": answers.get(name, GOOD)})

    page.route("**/prediction?*", answer)


def test_misshapen_answers_are_failures_and_the_queue_goes_on(visit, picture):
    page = visit()
    answer_by_name(page, DATA)
    names = [*DATA, "last.jpg"]
    choose(page, *(picture_file(name, picture(64, 48)) for name in names))
    expect_answered(page, 1, len(names))
    expect(tile(page, "last.jpg")).to_have_attribute("data-state", "answered")
    for name in DATA:
        expect(left_out(page, name)).to_contain_text(NOT_UNDERSTOOD)
    page.reload()
    expect(tile(page, "last.jpg")).to_be_visible()
    expect_answered(page, 1, len(names))


def test_words_of_an_error_that_are_no_texts_are_not_taken(visit, picture):
    page = visit()
    page.route(
        "**/prediction?*", lambda route: route.fulfill(status=400, json={"status": {"error": {"a": 1}, "detail": ["b"]}, "data": None})
    )
    choose(page, picture_file("a.jpg", picture(64, 48)))
    expect(left_out(page, "a.jpg")).to_contain_text(NOT_UNDERSTOOD)
    expect(left_out(page, "a.jpg").locator(".detail")).to_have_count(0)


@pytest.mark.parametrize("data", [[{}], [None], {"a": 1}, [{"name": "Realism", "description": "text"}]])
def test_a_misshapen_list_of_genres_is_said_and_stops_nothing(visit, picture, data):
    page = visit()
    page.route("**/genres", lambda route: route.fulfill(json={"status": {"code": 200}, "data": data}))
    answer_by_name(page, {})
    page.reload()
    expect(page.locator("#genres-state")).to_have_text(f"The genres cannot be shown. {NOT_UNDERSTOOD}")
    choose(page, picture_file("a.jpg", picture(64, 48)))
    expect_answered(page, 1)


def test_a_misshapen_map_is_said_beside_the_picture(visit, picture):
    page = visit()
    answer_by_name(page, {})
    page.route("**/explanation", lambda route: route.fulfill(json={"status": {"code": 200}, "data": {"heatmap": [[0.5], "x"]}}))
    choose(page, picture_file("a.jpg", picture(64, 48)))
    expect_answered(page, 1)
    look_at(page, "a.jpg")
    page.locator("#look-map").click()
    expect(page.locator("#look-map-note")).to_have_text(NOT_UNDERSTOOD)


def test_genres_may_be_called_as_what_every_object_has(visit, picture):
    page = visit()
    scores = [{"genre": "constructor", "confidence": 0.6}, {"genre": "__proto__", "confidence": 0.4}]
    odd = {**GOOD, "image_types_prediction": "constructor", "scores": scores}
    answer_by_name(page, {"odd.jpg": odd})
    choose(page, picture_file("odd.jpg", picture(64, 48)), picture_file("plain.jpg", picture(64, 48)))
    expect_answered(page, 2)
    expect(tile(page, "odd.jpg").locator(".genre")).to_have_text("constructor")
    rows = {row["file"]: row for row in saved_rows(page)}
    assert [rows["odd.jpg"][genre] for genre in ("constructor", "__proto__", "Realism")] == ["0.6", "0.4", ""]
    assert [rows["plain.jpg"][genre] for genre in ("constructor", "__proto__", "Realism")] == ["", "", "0.7"]
    for entry in ("JSON-LD", "IIIF annotation list"):
        text = saved(page, entry).decode()
        json.loads(text)
        assert "native code" not in text


def test_a_remembered_language_of_such_a_name_is_english(visit):
    page = visit()
    page.evaluate("localStorage.setItem('ragam.language', 'constructor')")
    page.reload()
    expect(page.get_by_role("heading", level=1)).to_have_text("Which genre is this painting?")
    expect(page.locator("#language")).to_have_value("en")


def test_a_listener_that_fails_stops_neither_the_others_nor_the_queue(visit, picture):
    page = visit()
    answer_by_name(page, {})
    page.evaluate(
        """async () => {
            globalThis.reportError = (error) => (globalThis.reported = error.message);
            const { onWork, onWorks } = await import("/page/session/works.js");
            for (const on of [onWork, onWorks]) on(() => { throw new Error("a listener"); });
        }"""
    )
    choose(page, *(picture_file(f"{number}.jpg", picture(64, 48)) for number in range(6)))
    expect_answered(page, 6)
    assert page.evaluate("globalThis.reported") == "a listener"
