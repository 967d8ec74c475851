"""Pictures go in by every way, and answers come out as the API gives them."""

from contextlib import closing

import pytest
from page_actions import bars, before_its_words, choose, drop, expect_answered, expect_drawn, left_out, look_at, tile
from playwright.sync_api import Route, expect
from service import wait_until

SCORES = [{"genre": genre, "confidence": share} for genre, share in (("Realism", 0.4), ("Abstract", 0.3), ("Romanticism", 0.15))]
ANSWER = {"image_types_prediction": "Realism", "confidence": 0.4, "scores": SCORES, "model": {"name": "painting_genre", "version": 3}}
LEFT_BEHIND = ("Thumbs.db", ".DS_Store", "desktop.ini", "._a.jpg", "__MACOSX/._a.jpg", "@eaDir/a.jpg/THUMB.jpg", ".hidden/b.jpg")


def test_dropped_folders_get_their_genres_and_the_rest_a_reason_but_what_a_system_leaves_there(visit, service, paintings, tmp_path):
    empty, room = tmp_path / "empty", tmp_path / "room"
    files = {room / "corner" / path.name: path.read_bytes() for path in paintings[:2]}
    files |= dict.fromkeys((room / name for name in (*LEFT_BEHIND, "notes.txt", "more.zip")), b"PK\x03\x04")
    for path, data in (files | {empty / "Thumbs.db": b""}).items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    page = visit()
    drop(page, empty)
    expect(page.locator("#intake-notice")).to_have_text("There is no picture in what you gave.")
    expect(page.locator("#works")).to_be_hidden()
    drop(page, room)
    expect_answered(page, 2, 4)
    expect(left_out(page, "room/notes.txt")).to_contain_text("Not a picture by its name.")
    expect(left_out(page, "room/more.zip")).to_contain_text("This is an archive. Unpack it")
    for path in paintings[:2]:
        told = service.post(path.read_bytes()).json()["data"]
        expect(tile(page, path.name).locator(".genre")).to_contain_text(told["image_types_prediction"])
        expect(tile(page, path.name).locator(".share")).to_have_text(f"{round(told['confidence'] * 100)}%")
        expect(tile(page, path.name).locator("img")).to_be_visible()
    look_at(page, paintings[1].name)
    shown = bars(page)
    assert list(shown) == [score["genre"] for score in told["scores"]]
    assert all(abs(int(shown[score["genre"]].rstrip("%")) - 100 * score["confidence"]) <= 0.51 for score in told["scores"])
    lengths = page.locator("#look-bars .track").evaluate_all("tracks => tracks.map(t => parseFloat(getComputedStyle(t, '::before').width))")
    assert lengths == sorted(lengths, reverse=True)


@pytest.mark.parametrize("held_back", ["main.js", "text/en.js"])
def test_what_is_given_before_the_page_has_its_words_waits_for_them(visit, paintings, tmp_path, held_back):
    page = visit(permissions=["clipboard-read", "clipboard-write"])
    page.evaluate("navigator.clipboard.writeText('no address')")
    with before_its_words(page, held_back):
        page.keyboard.press("Control+V")
    expect(page.locator("#intake-notice")).to_contain_text("neither a picture nor the address of one")
    with before_its_words(page, held_back):
        drop(page, tmp_path)
    expect(page.locator("#intake-notice")).to_have_text("There is no picture in what you gave.")
    (tmp_path / "room").mkdir()
    (tmp_path / "room" / "c.jpg").write_bytes(paintings[2].read_bytes())
    with before_its_words(page, held_back):
        drop(page, paintings[0])
        drop(page, tmp_path / "room")
        with page.expect_file_chooser() as chooser:
            page.locator("#choose").click()
        chooser.value.set_files(paintings[1])
    expect_answered(page, 3)


def test_another_language_that_is_chosen_before_the_page_has_its_words_is_spoken(visit, paintings):
    page = visit()
    late: list[Route] = []
    with page.expect_response("**/page/text/en.js"), before_its_words(page):
        page.route("**/page/text/id.js", lambda route: late.append(route))  # noqa: PLW0108 - as in page_actions.py
        page.locator("#language").select_option("id")
        wait_until(lambda: page.wait_for_timeout(20) or late, what="the request for the other words")
    # The words that are no longer wanted are there first.
    page.evaluate("import('/page/text/en.js')")
    late.pop().continue_()
    expect(page.locator("#question")).to_have_text("Apa genre lukisan ini?")
    choose(page, paintings[0])
    expect_answered(page, 1)


def test_a_picture_waits_until_what_works_on_it_can_be_had(browser, service, paintings):
    # No fixture's page: in its console stands what did not come.
    with closing(browser.new_context()) as context:
        page = context.new_page()
        page.goto(service.address)
        page.route("**/page/view/tile.js", lambda route: route.abort())
        with page.expect_event("requestfailed"):
            choose(page, paintings[0])
        page.unroute_all()
        expect_answered(page, 1)


def test_a_picture_or_its_address_is_pasted(visit, service):
    page = visit(permissions=["clipboard-read", "clipboard-write"])
    page.evaluate(
        """async () => {
            const canvas = new OffscreenCanvas(300, 200);
            canvas.getContext("2d").fillRect(40, 30, 120, 90);
            await navigator.clipboard.write([new ClipboardItem({ "image/png": canvas.convertToBlob() })]);
        }"""
    )
    page.keyboard.press("Control+V")
    expect(tile(page, "pasted")).to_be_visible()
    for text, sentence in (
        (f"{service.address}/page/examples/two-fields.jpg", None),
        ("https://museum.example/a.jpg", "This page reads pictures from its own address only"),
        ("no address", "neither a picture nor the address of one"),
    ):
        page.evaluate("text => navigator.clipboard.writeText(text)", text)
        page.keyboard.press("Control+V")
        if sentence:
            expect(page.locator("#intake-notice")).to_contain_text(sentence)
        else:
            expect(tile(page, "two-fields.jpg")).to_be_visible()
    expect_answered(page, 2)


def test_the_label_tells_what_the_answer_does(answered):
    similar = [
        {"artist": "Paul Klee", "title": "Temple Gardens", "similarity": 0.831},
        {"artist": None, "title": "<b>Study</b>", "similarity": 0.5},
        {"artist": None, "title": None, "similarity": -0.1},
    ]
    cases = {
        "certain.jpg": {"certain": True, "typicality": 0.9, "expected_accuracy": 0.85},
        "unsure.jpg": {"certain": False, "typicality": 0.05, "expected_accuracy": 0.344},
        "cat.jpg": {"certain": False, "typicality": 0.0499, "expected_accuracy": 0.3},
        "silent.jpg": {"similar": similar},
    }
    page = answered({name: {**ANSWER, **more} for name, more in cases.items()})
    page.get_by_label("Groups").select_option("certainty")
    expect(page.locator("#grid h3")).to_have_text(["Certain (1)", "Not certain (1)", "All pictures (1)", "Not a painting? (1)"])
    sentences = {
        "certain.jpg": ("Certain, 40% confidence.", None, "about 85 of 100", "than 90 of 100"),
        "unsure.jpg": ("Not certain, 40% confidence.", "It hesitates between Realism and Abstract.", "about 34 of 100", "than 5 of 100"),
        "cat.jpg": ("Perhaps not a painting; 40% confidence.", None, None, "fewer than 5"),
        "silent.jpg": ("40% confidence.", None, None, None),
    }
    for name, told in sentences.items():
        look_at(page, name)
        expect(page.locator("#look-sure")).to_have_text(told[0])
        for part, sentence in zip(("hesitation", "worth", "typicality"), told[1:], strict=True):
            if sentence:
                expect(page.locator(f"#look-{part}")).to_contain_text(sentence)
            else:
                expect(page.locator(f"#look-{part}")).to_be_hidden()
        expect(page.locator("#look-similar")).to_be_visible(visible="similar" in cases[name])
        if name != "silent.jpg":
            page.keyboard.press("Escape")
    expect(page.locator("#look-works li")).to_have_text(
        ["Temple Gardens Paul Klee 83%", "<b>Study</b> by an unknown artist 50%", "Title unknown by an unknown artist 0%"]
    )
    page.get_by_text("About Realism").click()
    expect(page.locator("#look-about-text")).to_contain_text("Courbet")


def test_the_map_is_a_layer_with_a_legend_and_an_opacity(visit, paintings):
    page = visit()
    choose(page, paintings[0])
    expect_answered(page, 1)
    look_at(page, paintings[0].name)
    button, layer = page.locator("#look-map"), page.locator("#look-layer")
    expect(layer).to_be_hidden()
    with page.expect_response("**/explanation") as answer:
        button.click()
    expect(layer).to_be_visible()
    expect(button).to_have_attribute("aria-pressed", "true")
    expect(page.locator("#look-legend")).to_be_visible()
    expect(page.locator("#look-map-note")).to_contain_text("Yellow is where the picture spoke for")
    expect_drawn(page)
    assert layer.bounding_box() == pytest.approx(page.locator("#look-picture").bounding_box(), abs=0.2)
    # Lighter the more it says. Of a copy: Chromium warns of a canvas that is read and was not made for it.
    cells = sorted((value, x, y) for y, row in enumerate(answer.value.json()["data"]["heatmap"]) for x, value in enumerate(row))
    cold, hot = layer.evaluate(
        """(canvas, places) => {
            const copy = new OffscreenCanvas(canvas.width, canvas.height).getContext("2d", { willReadFrequently: true });
            copy.drawImage(canvas, 0, 0);
            return places.map(([u, v]) => copy.getImageData(u * canvas.width, v * canvas.height, 1, 1).data[1]);
        }""",
        [[(x + 0.5) / 7, (y + 0.5) / 7] for _, x, y in (cells[0], cells[-1])],
    )
    assert hot > cold + 50
    page.get_by_label("Opacity").fill("25")
    expect(layer).to_have_css("opacity", "0.25")
