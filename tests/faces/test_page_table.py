"""The table: sorted, filtered, and saved with the API's own figures."""

import csv
import json
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hand import choose, expect_state, picture_file
from playwright.sync_api import Page, expect

HEAD = ["file", "genre", "confidence", "certain", "typicality", "expected accuracy", "model version"]
AWKWARD = (
    "=1+2.jpg",
    "@sum(a1).jpg",
    "+49.jpg",
    "-1.jpg",
    " =trim.jpg",
    "\uff1dwide.jpg",
    'a "quoted", one.jpg',
    "semi;colon.jpg",
    "lukisan-é-画.jpg",
)


@pytest.fixture
def table(visit, paintings):
    page = visit()
    choose(page, *(picture_file(path.name, path.read_bytes()) for path in paintings), picture_file("notes.txt", b"no picture"))
    for path in paintings:
        expect_state(page, path.name, "answered")
    expect_state(page, "notes.txt", "failed")
    page.get_by_role("button", name="Table").click()
    return page


def saved(page: Page, name: str, folder: Path) -> bytes:
    with page.expect_download() as download:
        page.get_by_role("button", name=f"Save as {name}").click()
    assert download.value.suggested_filename == f"ragam.{name.lower()}"
    download.value.save_as(folder / "saved")
    return (folder / "saved").read_bytes()


def rows_of(data: bytes) -> list[dict[str, str]]:
    assert data.startswith(b"\xef\xbb\xbf")
    return list(csv.DictReader(data.decode("utf-8-sig").splitlines(), strict=True))


def files(page: Page) -> list[str]:
    return page.locator("#rows th").all_text_contents()


def is_now(text: str) -> bool:
    return abs(datetime.now(UTC) - datetime.fromisoformat(text)) < timedelta(minutes=5)


def test_the_csv_holds_what_single_requests_answer(table, service, paintings, tmp_path):
    rows = rows_of(saved(table, "CSV", tmp_path))
    assert [row["file"] for row in rows] == [*(path.name for path in paintings), "notes.txt"]
    for path, row in zip(paintings, rows, strict=False):
        told = service.post(path.read_bytes()).json()["data"]
        scores = {score["genre"]: score["confidence"] for score in told["scores"]}
        assert list(row) == [*HEAD, *sorted(scores), "error", "time"]
        assert row["genre"] == told["image_types_prediction"]
        assert float(row["confidence"]) == told["confidence"]
        assert row["certain"] == str(told.get("certain", "")).lower()
        for column in ("typicality", "expected accuracy"):
            assert row[column] == str(told.get(column.replace(" ", "_"), ""))
        assert int(row["model version"]) == told["model"]["version"]
        assert {genre: float(row[genre]) for genre in scores} == scores
        assert row["error"] == ""
        assert is_now(row["time"])
    assert rows[-1]["error"] == "The file name must end in .png, .jpg or .jpeg."
    assert not any(rows[-1][key] for key in rows[-1] if key not in {"file", "error"})


def test_the_json_holds_the_same(table, service, paintings, tmp_path):
    rows = json.loads(saved(table, "JSON", tmp_path))
    told = service.post(paintings[0].read_bytes()).json()["data"]
    assert is_now(rows[0].pop("time"))
    assert rows[0] == {
        "file": paintings[0].name,
        "genre": told["image_types_prediction"],
        "confidence": told["confidence"],
        **{key: told.get(key) for key in ("certain", "typicality", "expected_accuracy")},
        "scores": {score["genre"]: score["confidence"] for score in told["scores"]},
        "model": told["model"]["name"],
        "version": told["model"]["version"],
        "error": None,
    }
    assert rows[-1]["genre"] is None
    assert len(rows) == len(paintings) + 1


def test_headers_sort_and_say_so(table, service, paintings):
    confidence = {path.name: service.post(path.read_bytes()).json()["data"]["confidence"] for path in paintings}
    best_first = sorted(confidence, key=confidence.get, reverse=True)
    table.get_by_role("button", name="Confidence").click()
    assert files(table) == [*best_first, "notes.txt"]
    expect(table.get_by_role("columnheader", name="Confidence")).to_have_attribute("aria-sort", "descending")
    table.get_by_role("button", name="Confidence").click()
    assert files(table) == [*reversed(best_first), "notes.txt"]
    expect(table.get_by_role("columnheader", name="Confidence")).to_have_attribute("aria-sort", "ascending")
    table.get_by_role("columnheader", name="File").get_by_role("button").click()
    assert files(table) == sorted([*confidence, "notes.txt"])
    expect(table.get_by_role("columnheader", name="Confidence")).to_have_attribute("aria-sort", "none")


def test_filters_choose_what_is_shown_and_saved(table, service, paintings, tmp_path):
    told = {path.name: service.post(path.read_bytes()).json()["data"] for path in paintings}
    table.get_by_label("File", exact=True).fill("FIELD")
    assert files(table) == [path.name for path in paintings if "field" in path.name]
    expect(table.locator("#shown")).to_contain_text(f"2 of {len(paintings) + 1} shown.")
    assert [row["file"] for row in rows_of(saved(table, "CSV", tmp_path))] == files(table)
    table.get_by_label("File", exact=True).fill("")
    table.get_by_role("combobox", name="Genre").select_option("Abstract")
    assert files(table) == [name for name, data in told.items() if data["image_types_prediction"] == "Abstract"]
    table.get_by_role("combobox", name="Genre").select_option("")
    table.get_by_label("Only those not sure").check()
    assert files(table) == [name for name, data in told.items() if data.get("certain") is False]


def test_no_name_becomes_a_formula_or_breaks_a_row(visit, picture, tmp_path):
    page = visit()
    choose(page, *(picture_file(name, picture()) for name in AWKWARD))
    expect(page.locator(".work[data-state=answered]")).to_have_count(len(AWKWARD))
    page.get_by_role("button", name="Table").click()
    data = saved(page, "CSV", tmp_path)
    cells = [row["file"] for row in rows_of(data)]
    assert [cell.removeprefix("'") for cell in cells] == list(AWKWARD)
    assert [name for name, cell in zip(AWKWARD, cells, strict=True) if cell.startswith("'")] == list(AWKWARD[:6])
    # Every cell is in quotes: a program that splits at semicolons keeps them together.
    lines = data.decode("utf-8-sig").split("\r\n")
    assert all(re.fullmatch(r'"([^"]|"")*"(,"([^"]|"")*")*', line) for line in lines[:-1])
    assert lines[-1] == ""


def test_pictures_are_let_go_when_they_are_taken_down(visit, paintings):
    page = visit()
    page.add_init_script(
        """window.held = new Set();
        const { createObjectURL, revokeObjectURL } = URL;
        URL.createObjectURL = (blob) => { const url = createObjectURL.call(URL, blob); window.held.add(url); return url; };
        URL.revokeObjectURL = (url) => { window.held.delete(url); revokeObjectURL.call(URL, url); };"""
    )
    page.reload()
    choose(page, *paintings[:3])
    expect(page.locator(".work img:visible")).to_have_count(3)
    expect(page.locator(".work[data-state=answered]")).to_have_count(3)
    assert page.evaluate("window.held.size") == 3
    page.get_by_role("button", name="Clear the wall").click()
    expect(page.locator("#works")).to_be_hidden()
    assert page.evaluate("window.held.size") == 0
