"""What leaves the page as a table and as text, with the API's own figures and the person's verdicts."""

import csv
import io
import json
import re

from page_actions import choose, expect_answered, look_at, picture_file, saved, saved_rows
from playwright.sync_api import expect
from told_answers import told

from ragam.table import file_cell

COLUMNS = [
    *("file", "genre", "confidence", "certain", "typicality", "verdict", "remark", "model_version"),
    *("expected_accuracy", "error", "reason", "time"),
]
AWKWARD = ("=1+2.jpg", "@sum(a1).jpg", "-1.jpg", "\uff1dwide.jpg", 'a "quoted", one.jpg', "semi;colon.jpg", "lukisan-é-画.jpg")


def test_the_csv_holds_the_answers_the_verdicts_and_the_reasons(visit, service, paintings):
    page = visit(permissions=["clipboard-read", "clipboard-write"])
    choose(page, *paintings[:3], picture_file("notes.txt", b"no picture"))
    expect_answered(page, 3, 4)
    page.get_by_label("Order").select_option("added")
    page.get_by_label("Groups").select_option("none")
    look_at(page, paintings[0].name)
    page.get_by_label("Note", exact=True).fill('so "it" is, they say')
    page.locator("#look-verdicts").get_by_role("button", name="Realism").click()
    expect(page.locator("#look-place")).to_have_text("2 of 3")
    page.keyboard.press("n")
    page.keyboard.press("Escape")
    rows = {row["file"]: row for row in saved_rows(page)}
    for path in paintings[:3]:
        told = service.post(path.read_bytes()).json()["data"]
        row = rows[path.name]
        scores = {score["genre"]: score["confidence"] for score in told["scores"]}
        assert list(row) == [*COLUMNS, *sorted(scores), "judged_at", "judged_by"]
        assert (row["genre"], float(row["confidence"])) == (told["image_types_prediction"], told["confidence"])
        assert row["certain"] == str(told.get("certain", "")).lower()
        assert [row[key] for key in ("typicality", "expected_accuracy")] == [
            str(told.get(key, "")) for key in ("typicality", "expected_accuracy")
        ]
        assert int(row["model_version"]) == told["model"]["version"]
        assert {genre: float(row[genre]) for genre in scores} == scores
    assert [(rows[path.name]["verdict"], rows[path.name]["remark"]) for path in paintings[:3]] == [
        ("Realism", 'so "it" is, they say'),
        ("none", ""),
        ("", ""),
    ]
    assert (rows["notes.txt"]["error"], rows["notes.txt"]["reason"]) == ("unreadable", "This browser cannot read the file as a picture.")
    # What is shown is what is saved.
    page.get_by_label("Search by name or note").fill("THEY SAY")
    assert [row["file"] for row in saved_rows(page)] == [paintings[0].name]
    page.locator("#exports > summary").click()
    page.get_by_role("button", name="Copy as text").click()
    expect(page.locator("#live")).to_have_text("Copied.")
    text = page.evaluate("navigator.clipboard.readText()")
    told = service.post(paintings[0].read_bytes()).json()["data"]
    assert text.startswith(f"{paintings[0].name}: {told['image_types_prediction']}. ")
    assert f"version {told['model']['version']}" in text


def test_no_name_steers_the_terminal_that_shows_what_is_saved(answered):
    """As the command writes it, and the name can be told from the cell."""
    names = ("a\x1b[2J.jpg", "b\nc.jpg", "d\re.jpg", "f\\ng.jpg", "h\u202egnp.jpg", "i\x9b31m\u2066\u2028\x7f.jpg", "k\tl.jpg")
    page = answered(dict.fromkeys(names, told("Realism")))
    rows = saved_rows(page)
    assert {row["file"] for row in rows} == {file_cell(name) for name in names}
    for entry in ("Table as CSV", "Answers as JSON", "JSON-LD", "IIIF annotation list"):
        text = saved(page, entry).decode("utf-8-sig")
        assert all(sign.isprintable() or sign in "\t\r\n" for sign in text)
    assert {row["file"] for row in json.loads(saved(page, "Answers as JSON"))} == set(names)


def test_no_name_becomes_a_formula_or_breaks_a_row(answered):
    page = answered(dict.fromkeys(AWKWARD, told("Realism")))
    page.get_by_label("Order").select_option("added")
    data = saved(page, "Table as CSV").decode("utf-8-sig")
    lines = data.split("\r\n")
    assert all(re.fullmatch(r'"([^"]|"")*"(,"([^"]|"")*")*', line) for line in lines[:-1])
    assert lines[-1] == ""
    cells = [row["file"] for row in csv.DictReader(io.StringIO(data, newline=""), strict=True)]
    assert [cell.removeprefix("'") for cell in cells] == list(AWKWARD)
    assert [name for name, cell in zip(AWKWARD, cells, strict=True) if cell.startswith("'")] == list(AWKWARD[:4])
