"""Pictures go in by every way, and answers come out as the API gives them."""

import itertools

import pytest
import requests
from page_actions import bars, choose, drop, expect_answered, left_out, look_at, picture_file, tile
from playwright.sync_api import Page, expect

SCORES = [{"genre": genre, "confidence": share} for genre, share in (("Realism", 0.4), ("Abstract", 0.3), ("Romanticism", 0.15))]
ANSWER = {"image_types_prediction": "Realism", "confidence": 0.4, "scores": SCORES, "model": {"name": "painting_genre", "version": 3}}


def answer_with(page: Page, **more: object) -> None:
    """The service's answers have `more`, which a version of the model need not tell."""
    page.unroute_all()
    envelope = {"status": {"code": 200, "message": "OK"}, "data": {**ANSWER, **more}}
    page.route("**/prediction?*", lambda route: route.fulfill(json=envelope))


def test_dropped_files_and_folders_get_their_genres_and_the_rest_a_reason(visit, service, paintings, tmp_path):
    (tmp_path / "room" / "corner").mkdir(parents=True)
    for path, place in zip(paintings, ("room", "room/corner"), strict=False):
        (tmp_path / place / path.name).write_bytes(path.read_bytes())
    (tmp_path / "room" / "notes.txt").write_text("no picture")
    page = visit()
    drop(page, tmp_path / "room")
    expect_answered(page, 2, 3)
    expect(left_out(page, "room/notes.txt")).to_contain_text("Not a picture by its name.")
    for path in paintings[:2]:
        told = service.post(path.read_bytes()).json()["data"]
        expect(tile(page, path.name).locator(".genre")).to_contain_text(told["image_types_prediction"])
        expect(tile(page, path.name).locator(".share")).to_have_text(f"{round(told['confidence'] * 100)}%")
        expect(tile(page, path.name).locator("img")).to_be_visible()
    look_at(page, paintings[1].name)
    shown = bars(page)
    told = service.post(paintings[1].read_bytes()).json()["data"]
    assert list(shown) == [score["genre"] for score in told["scores"]]
    assert all(abs(int(shown[score["genre"]].rstrip("%")) - 100 * score["confidence"]) <= 0.51 for score in told["scores"])
    lengths = page.locator("#look-bars .track").evaluate_all("tracks => tracks.map(t => parseFloat(getComputedStyle(t, '::before').width))")
    assert lengths == sorted(lengths, reverse=True)


def test_an_example_answers_on_a_click_and_a_picture_or_its_address_is_pasted(visit, service):
    page = visit(permissions=["clipboard-read", "clipboard-write"])
    page.get_by_role("button", name="Try the example discs").click()
    expect_answered(page, 1)
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
    expect_answered(page, 3)


def test_certainty_follows_the_answer(visit, picture):
    page = visit()
    cases = {
        "certain.jpg": {"certain": True, "typicality": 0.9, "expected_accuracy": 0.85},
        "unsure.jpg": {"certain": False, "typicality": 0.05, "expected_accuracy": 0.344},
        "cat.jpg": {"certain": False, "typicality": 0.0499, "expected_accuracy": 0.3},
        "silent.jpg": {},
    }
    for number, (name, more) in enumerate(cases.items(), 1):
        answer_with(page, **more)
        choose(page, picture_file(name, picture()))
        expect_answered(page, number)
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
        page.keyboard.press("Escape")


def test_the_label_lists_the_works_that_a_picture_is_like_and_tells_of_the_genre(visit, picture):
    page = visit()
    works = [
        {"artist": "Paul Klee", "title": "Temple Gardens", "similarity": 0.831},
        {"artist": None, "title": "<b>Study</b>", "similarity": 0.5},
        {"artist": None, "title": None, "similarity": -0.1},
    ]
    answer_with(page, similar=works)
    choose(page, picture_file("like.jpg", picture()))
    look_at(page, "like.jpg")
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
    assert layer.bounding_box() == pytest.approx(page.locator("#look-picture").bounding_box(), abs=0.2)
    # Lighter the more it says: read in gray, by the colour-blind and over warm and dark paintings alike.
    grid = answer.value.json()["data"]["heatmap"]
    cells = sorted((value, x, y) for y, row in enumerate(grid) for x, value in enumerate(row))
    # Of a copy: Chromium warns of a canvas that is read and was not made for it.
    lightness = """(canvas, places) => {
        const copy = new OffscreenCanvas(canvas.width, canvas.height).getContext("2d", { willReadFrequently: true });
        copy.drawImage(canvas, 0, 0);
        const { data } = copy.getImageData(0, 0, canvas.width, canvas.height);
        return places.map(([u, v]) => {
            const at = 4 * (Math.floor(v * canvas.height) * canvas.width + Math.floor(u * canvas.width));
            return 0.2126 * data[at] + 0.7152 * data[at + 1] + 0.0722 * data[at + 2];
        });
    }"""
    cold, hot = layer.evaluate(lightness, [[(x + 0.5) / 7, (y + 0.5) / 7] for _, x, y in (cells[0], cells[-1])])
    assert hot > cold + 50
    steps = page.locator("#look-legend").evaluate(lightness, [[step / 8.01, 0] for step in range(9)])
    assert all(later > earlier + 8 for earlier, later in itertools.pairwise(steps))
    page.get_by_label("Opacity").fill("25")
    expect(layer).to_have_css("opacity", "0.25")
    page.keyboard.press("Escape")


def test_what_is_no_picture_is_left_out_with_a_reason_in_both_languages(visit):
    page = visit()
    choose(
        page,
        picture_file("notes.txt", b"no picture", "text/plain"),
        picture_file("empty.png", b""),
        picture_file("broken.jpg", b"\xff\xd8\xff no"),
    )
    expect(left_out(page, "notes.txt")).to_contain_text("This browser cannot read the file as a picture.")
    expect(left_out(page, "empty.png")).to_contain_text("The file is empty.")
    expect(left_out(page, "broken.jpg")).to_contain_text("It may be damaged or cut short.")
    expect(page.locator("#retry")).to_be_hidden()
    page.get_by_label("Language").select_option("id")
    expect(page.locator("#left-out-list li").filter(has_text="notes.txt")).to_contain_text("Peramban ini tidak dapat membaca berkas ini")


def test_the_genres_are_described_in_the_language_of_the_page(visit, service):
    page = visit()
    told = requests.get(f"{service.address}/genres", timeout=30).json()["data"]
    assert len(told) >= 7
    expect(page.locator("#genres-list dt")).to_have_text([genre["name"] for genre in told])
    for language in ("en", "id"):
        page.get_by_label("Language").or_(page.get_by_label("Bahasa")).select_option(language)
        # What the genre is, and behind it how well the version does on it.
        expect(page.locator("#genres-list dd")).to_contain_text([genre["description"][language] for genre in told])
        expect(page.locator("#genres-list dd").first).to_contain_text({"en": "of 100 it finds", "id": "dari 100 ditemukannya"}[language])
    expect(page.locator("#genres-list dt").first).to_have_text("Abstrak")
