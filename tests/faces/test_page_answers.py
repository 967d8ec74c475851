"""Pictures go in by every door, and answers come out as the API gives them."""

import re

import pytest
from hand import bars, card, choose, drop, expect_state, picture_file
from playwright.sync_api import Locator, Page, expect


def test_three_dropped_files_get_their_genres_and_bars(visit, service, paintings):
    page = visit()
    three = paintings[:3]
    drop(page, *three)
    for path in three:
        expect_state(page, path.name, "answered")
        told = service.post(path.read_bytes()).json()["data"]
        label = card(page, path.name)
        expect(label.locator("h3")).to_have_text(told["image_types_prediction"])
        expect(label.locator(".share")).to_have_text(f"{round(told['confidence'] * 100)}% confidence")
        shown = bars(label)
        assert list(shown) == [score["genre"] for score in told["scores"]]
        assert all(abs(int(shown[score["genre"]].rstrip("%")) - 100 * score["confidence"]) <= 0.51 for score in told["scores"])
        lengths = label.locator(".track").evaluate_all("tracks => tracks.map(t => parseFloat(getComputedStyle(t, '::before').width))")
        assert lengths == sorted(lengths, reverse=True)
        assert lengths[0] > 0
        expect(label.locator("img")).to_be_visible()
    expect(page.locator("#count")).to_have_text("3 of 3 answered")


def told(page: Page, name: str, data: bytes, **more: object) -> Locator:
    """The card of a picture for which the service's answer has `more`, which a version of the model need not tell."""
    scores = [
        {"genre": genre, "confidence": share} for genre, share in (("Realism", 0.4), ("Abstract", 0.3), ("Cubism", 0.15), ("Dada", 0.15))
    ]
    answer = {"image_types_prediction": "Realism", "confidence": 0.4, "scores": scores, "model": {"name": "a", "version": 3}, **more}
    page.route("**/prediction?*", lambda route: route.fulfill(json={"status": {"code": 200, "message": "OK"}, "data": answer}))
    choose(page, picture_file(name, data))
    expect_state(page, name, "answered")
    return card(page, name)


def test_the_label_tells_what_the_version_tells_of_its_answer(visit, picture):
    page = visit()
    unsure = told(page, "unsure.jpg", picture(), certain=False, typicality=0.05, expected_accuracy=0.344)
    expect(unsure.locator(".doubt")).to_have_text("Not sure between Realism and Abstract.")
    expect(unsure.locator(".worth")).to_have_text("Of answers like this one about 34 of 100 were right.")
    certain = told(page, "certain.jpg", picture(), certain=True, typicality=0.9, expected_accuracy=0.85)
    expect(certain.locator(".doubt")).to_be_hidden()
    expect(certain.locator(".worth")).to_contain_text("85 of 100")
    cat = told(page, "cat.jpg", picture(), certain=False, typicality=0.0499, expected_accuracy=0.3)
    expect(cat.locator(".doubt")).to_have_text("May be no painting: unlike those that the model learned from.")
    expect(cat.locator(".worth")).to_be_hidden()
    silent = told(page, "silent.jpg", picture())
    for part in (".doubt", ".worth", ".similar"):
        expect(silent.locator(part)).to_be_hidden()
    page.get_by_role("button", name="Table").click()
    page.get_by_label("Only those not sure").check()
    assert page.locator("#rows th").all_text_contents() == ["unsure.jpg", "cat.jpg"]


def test_the_label_lists_the_works_that_a_picture_is_like(visit, picture):
    page = visit()
    works = [
        {"artist": "Paul Klee", "title": "Temple Gardens", "similarity": 0.831},
        {"artist": None, "title": "<b>Study</b>", "similarity": 0.5},
        {"artist": None, "title": None, "similarity": -0.1},
    ]
    label = told(page, "like.jpg", picture(), similar=works)
    label.get_by_text("Works that it is like").click()
    expect(label.locator(".similar li")).to_have_text(
        ["Temple Gardens Paul Klee 83%", "<b>Study</b> by an unknown artist 50%", "Title unknown by an unknown artist 0%"]
    )
    page.get_by_role("button", name="Indonesia").click()
    expect(label.locator(".similar li").last).to_have_text("Judul tidak diketahui oleh pelukis yang tidak diketahui 0%")


def test_a_dropped_folder_gives_its_pictures(visit, paintings, tmp_path):
    (tmp_path / "room" / "corner").mkdir(parents=True)
    for path, place in zip(paintings, ("room", "room/corner"), strict=False):
        (tmp_path / place / path.name).write_bytes(path.read_bytes())
    (tmp_path / "room" / "notes.txt").write_text("no picture")
    page = visit()
    drop(page, tmp_path / "room")
    for path in paintings[:2]:
        expect_state(page, path.name, "answered")
    expect(page.locator(".work")).to_have_count(2)


def test_a_picture_is_pasted_from_the_clipboard(visit):
    page = visit(permissions=["clipboard-read", "clipboard-write"])
    page.evaluate(
        """async () => {
            const canvas = new OffscreenCanvas(300, 200);
            const context = canvas.getContext("2d");
            context.fillStyle = "#b4532a";
            context.fillRect(40, 30, 120, 90);
            await navigator.clipboard.write([new ClipboardItem({ "image/png": canvas.convertToBlob() })]);
        }"""
    )
    page.keyboard.press("Control+V")
    expect_state(page, "pasted", "answered")
    expect(page.locator(".file")).to_have_text(re.compile(r"^pasted \d\d\.\d\d\.\d\d\.png$"))


def test_a_text_file_is_answered_by_a_sentence_in_both_languages(visit, tmp_path):
    text = tmp_path / "notes.txt"
    text.write_text("no picture")
    page = visit()
    drop(page, text)
    expect_state(page, "notes.txt", "failed")
    label = card(page, "notes.txt")
    expect(label.locator("h3")).to_have_text("No answer")
    expect(label.locator(".failure")).to_have_text("This file cannot be used as a picture.")
    expect(label.locator(".detail")).to_have_text("The file name must end in .png, .jpg or .jpeg.")
    expect(label.locator(".blank")).to_be_visible()
    expect(page.locator("#live")).to_have_text("notes.txt: This file cannot be used as a picture.")
    page.get_by_role("button", name="Indonesia").click()
    expect(label.locator(".failure")).to_have_text("Berkas ini tidak dapat dipakai sebagai gambar.")


def test_bytes_that_are_no_picture_and_an_empty_file_are_told_apart(visit):
    page = visit()
    choose(
        page,
        {"name": "broken.jpg", "mimeType": "image/jpeg", "buffer": b"no picture"},
        {"name": "empty.png", "mimeType": "image/png", "buffer": b""},
    )
    expect(card(page, "broken.jpg").locator(".detail")).to_contain_text("cannot be read as a JPEG or PNG picture")
    expect(card(page, "empty.png").locator(".detail")).to_contain_text("The file is empty")


def test_the_heat_map_is_laid_over_the_picture_and_taken_off(visit, paintings):
    page = visit()
    choose(page, paintings[0])
    expect_state(page, paintings[0].name, "answered")
    label = card(page, paintings[0].name)
    button, canvas = label.get_by_role("button", name="Heat map"), label.locator("canvas")
    expect(canvas).to_be_hidden()
    with page.expect_response("**/explanation") as answer:
        button.click()
    assert answer.value.request.method == "POST"
    assert answer.value.request.headers["accept"] == "application/json"
    expect(canvas).to_be_visible()
    expect(button).to_have_attribute("aria-pressed", "true")
    expect(label.locator(".heat-note")).to_have_text(
        re.compile(r"^Clear and warm: what spoke for \w+, most of all (at|on|in) the [a-z ]+\. Dark: what did not\.$")
    )
    # To a fraction of a pixel.
    assert canvas.bounding_box() == pytest.approx(label.locator("img").bounding_box(), abs=0.1)
    # Clear where the grid is hottest, dark where it is coldest.
    grid = answer.value.json()["data"]["heatmap"]
    assert len(grid) == 7
    assert all(len(row) == 7 and all(0 <= value <= 1 for value in row) for row in grid)
    cells = [(value, x, y) for y, row in enumerate(grid) for x, value in enumerate(row)]
    opacities = """(canvas, cells) => {
        const context = canvas.getContext("2d", { willReadFrequently: true });
        return cells.map(([x, y]) => context
            .getImageData(Math.floor((x + 0.5) / 7 * canvas.width), Math.floor((y + 0.5) / 7 * canvas.height), 1, 1).data[3]);
    }"""
    copied = label.locator("canvas").evaluate_handle(
        """canvas => {
            const copy = new OffscreenCanvas(canvas.width, canvas.height);
            copy.getContext("2d", { willReadFrequently: true }).drawImage(canvas, 0, 0);
            return copy;
        }"""
    )
    hot, cold = copied.evaluate(opacities, [list(cell[1:]) for cell in (max(cells), min(cells))])
    assert 0 < hot < cold < 255
    button.click()
    expect(canvas).to_be_hidden()
    expect(button).to_have_attribute("aria-pressed", "false")


def test_the_genres_are_described_in_the_language_of_the_page(visit):
    page = visit()
    with page.expect_response("**/genres") as answer:
        page.reload()
    told = answer.value.json()["data"]
    assert len(told) >= 7
    for language, button in (("en", "English"), ("id", "Indonesia")):
        page.get_by_role("button", name=button).click()
        expect(page.locator("#genres-list dt")).to_have_text([genre["name"] for genre in told])
        expect(page.locator("#genres-list dd")).to_have_text([genre["description"][language] for genre in told])
