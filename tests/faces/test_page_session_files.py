"""A session's file may be a stranger's, and a record of the database another version's: what does not fit is left out, and counted."""

import base64
import json
import re
from contextlib import nullcontext

from page_actions import before_its_words, choose, expect_answered, left_out, picture_file, saved, saved_rows, tile
from playwright.sync_api import expect
from told_answers import tell, told

GOOD = told("Realism")
FORMULA = ["=1+1"]


def unread(count):
    return f"Records that this page does not understand were left out: {count}."


def record(name="a.jpg", **more):
    return {
        "name": name,
        "path": name,
        "state": "answered",
        "answer": GOOD,
        "time": "2026-01-02T03:05:00.000Z",
        "verdict": "",
        "note": "",
        **more,
    }


def session_file(*records, **head):
    first = {"format": "ragam-session", "version": 1, "name": "Of a stranger", "created": "2026-01-01T00:00:00.000Z", **head}
    lines = [json.dumps(first), *(one if isinstance(one, str) else json.dumps(one) for one in records)]
    return {"name": "x.ragam.jsonl", "mimeType": "application/jsonl", "buffer": "\n".join(lines).encode()}


MISSHAPEN = [
    "null",
    "[]",
    "{",
    '{"path": "p", "state": "answered", "answer": ' + "[" * 60_000 + "]" * 60_000 + "}",
    record(state="bogus"),
    record(state="constructor"),
    record(path=None, name=None),
    record(path=""),
    record(path="a" * 200_000),
    record(answer=None),
    record(answer={}),
    record(answer={**GOOD, "scores": "xx"}),
    record(answer={**GOOD, "similar": {}}),
    record(answer={**GOOD, "image_types_prediction": None}),
    record(answer={**GOOD, "confidence": FORMULA}),
    record(time="garbage"),
    record(time=FORMULA),
    record(verdict=FORMULA),
    record(judged="yesterday"),
    record(judgedBy=FORMULA),
    record(note={"a": 1}),
    record(converted={"from": {}, "bytes": "x", "sent": -1}),
    record(state="failed", answer=None, failure={"word": {"a": 1}}),
    record(view=5),
    record(thumb="!!!"),
]


def test_records_that_do_not_fit_are_left_out_and_counted(visit, picture):
    page = visit()
    page.set_input_files("#session-file", session_file(record("first.jpg"), *MISSHAPEN, record("last.jpg")))
    expect(page.locator("#restored-text")).to_contain_text(unread(len(MISSHAPEN)))
    expect_answered(page, 2)
    assert [row["file"] for row in saved_rows(page)] == ["first.jpg", "last.jpg"]
    # More can be added, and all of it is there again.
    tell(page)
    choose(page, picture_file("new.jpg", picture(64, 48)))
    expect_answered(page, 3)
    page.reload()
    expect(page.locator(".tile")).to_have_count(3)
    expect(page.locator("#session").locator("option:checked")).to_have_text("Of a stranger")


def test_a_line_of_any_length_is_searched_once(visit):
    page = visit()
    head, line = session_file(record())["buffer"].decode().split("\n")
    searched, records = page.evaluate(
        """async ([head, line, length]) => {
            const { readSession } = await import("/page/session/file.js");
            const { split } = String.prototype;
            let searched = 0;
            String.prototype.split = function (...parts) {
                searched += this.length;
                return split.apply(this, parts);
            };
            const { records } = await readSession(new Blob([head, "\\n", line, " ".repeat(length), "\\n", line]));
            String.prototype.split = split;
            return [searched, records.length];
        }""",
        [head, line, 8_000_000],
    )
    assert records == 2
    assert 8_000_000 < searched < 9_000_000


def test_what_has_no_end_of_a_line_is_not_read_for_ever(visit):
    read = visit().evaluate(
        """async () => {
            const { readSession } = await import("/page/session/file.js");
            const piece = new Uint8Array(1024 ** 2).fill(32);
            let read = 0;
            const pull = (stream) => (read += 1) < 1000 ? stream.enqueue(piece) : stream.close();
            await readSession({ stream: () => new ReadableStream({ pull }) }).catch(() => null);
            return read;
        }"""
    )
    assert 64 < read < 100


def test_a_copy_of_a_session_is_told_from_it_by_its_name(visit):
    page = visit()
    names = page.locator("#session option")
    opened = 1
    for name, last in {"": r"^Session of .+ \(3\)$", "East wing": r"^East wing \(3\)$"}.items():
        for _ in range(3):
            page.set_input_files("#session-file", session_file(record(), name=name))
            opened += 1
            expect(names).to_have_count(opened)
            expect(page.locator("#restored-text")).to_contain_text("nowhere else: 1.")
        expect(page.locator("#session option:checked")).to_have_text(re.compile(last))
    assert len(set(names.all_text_contents())) == opened


def test_a_file_without_a_record_that_fits_is_no_session_and_leaves_none(visit):
    page = visit()
    for name, records in {"null": ["null"], "state": [record(state="bogus")], "cut": ["{", "{"]}.items():
        # What is said stays, though the page had not yet opened its session.
        with before_its_words(page) if name == "null" else nullcontext():
            page.set_input_files("#session-file", session_file(*records) | {"name": name})
        expect(page.locator("#restored-text")).to_have_text(f"{name} is not a session that this page has saved.")
        expect(page.locator("#session option")).to_have_count(1)


def test_what_fits_is_taken_though_parts_are_strange(visit, picture):
    page = visit()
    failure = {"status": 0, "word": "nope.nope", "values": {"kind": 5}, "detail": None, "passing": False}
    view = base64.b64encode(picture(64, 48)).decode()
    page.set_input_files(
        "#session-file",
        session_file(
            record("\ud800.jpg", view=view, thumb=view, unknown={"a": 1}),
            record("failed.jpg", state="failed", answer=None, time=None, failure=failure),
            # Of a version of the page that kept no time of a verdict.
            record("old.jpg", verdict="Realism"),
            name=["=1"],
            created="garbage",
        ),
    )
    expect_answered(page, 2, 3)
    expect(left_out(page, "failed.jpg")).to_contain_text("The service gave an answer that this page does not understand.")
    expect(tile(page, "\ufffd.jpg").locator("img")).to_be_visible()
    for entry in ("JSON-LD", "IIIF annotation list"):
        text = saved(page, entry).decode()
        assert "%EF%BF%BD.jpg" in text
    [person] = [one for one in json.loads(text)["resources"] if one["annotatedBy"]["@type"] == "foaf:Person"]
    assert (person["on"], "annotatedAt" in person) == ("urn:ragam:file:old.jpg", False)
    [row] = [row for row in saved_rows(page) if row["file"] == "old.jpg"]
    assert (row["verdict"], row["judged_at"], row["judged_by"]) == ("Realism", "", "")


def test_records_of_the_database_that_do_not_fit_are_left_out_and_counted(visit):
    page = visit()
    page.set_input_files("#session-file", session_file(*(record(f"{number}.jpg") for number in range(4))))
    expect_answered(page, 4)
    expect(page.locator("#restored-text")).to_contain_text("nowhere else: 4.")
    page.evaluate(
        """async () => {
            const done = (request) => new Promise((resolve) => (request.onsuccess = () => resolve(request.result)));
            const db = await done(indexedDB.open("ragam"));
            const transaction = db.transaction(["works", "sessions"], "readwrite");
            const works = transaction.objectStore("works");
            const [one, two, three] = await done(works.getAll());
            works.put({ ...one, answer: { ...one.answer, model: undefined } });
            works.put({ ...two, state: "bogus" });
            works.put({ ...three, id: "text" });
            const sessions = transaction.objectStore("sessions");
            for (const one of await done(sessions.getAll())) sessions.put({ ...one, created: "garbage" });
            await new Promise((resolve) => (transaction.oncomplete = resolve));
            db.close();
        }"""
    )
    page.reload()
    expect(page.locator("#restored-text")).to_contain_text(unread(3))
    expect_answered(page, 2)
    expect(page.locator("#session option")).to_have_count(2)
