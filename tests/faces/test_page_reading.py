"""The page in both languages, both lights, on a phone, and for those who ask for less motion."""

import pytest
from page_actions import choose, expect_answered, left_out, look_at, show_table, tile, wide
from playwright.sync_api import expect

PHONE = {"viewport": {"width": 360, "height": 740}, "has_touch": True, "is_mobile": True, "device_scale_factor": 2}
QUESTION = {"en": "Which genre is this painting?", "id": "Apa genre lukisan ini?"}


def brightness(colour: str) -> float:
    """Of a CSS colour rgb(r, g, b), 0 to 255."""
    return sum(map(int, colour[4:-1].split(","))) / 3


def test_the_first_language_is_the_browsers(visit):
    for locale, language in (("id-ID", "id"), ("en-GB", "en"), ("de-DE", "en")):
        page = visit(locale=locale)
        expect(page.get_by_role("heading", level=1)).to_have_text(QUESTION[language])
        expect(page.locator("html")).to_have_attribute("lang", language)


def test_a_chosen_language_is_remembered_and_reaches_everything(visit, service, paintings):
    page = visit()
    choose(page, paintings[0])
    expect_answered(page, 1)
    genre = service.post(paintings[0].read_bytes()).json()["data"]["image_types_prediction"]
    translated = page.evaluate("async (genre) => (await import('/page/text/id.js')).default[`genre.${genre}`]", genre)
    page.get_by_label("Language").select_option(label="Indonesia")
    expect(page.get_by_role("heading", level=1)).to_have_text(QUESTION["id"])
    expect(tile(page, paintings[0].name).locator(".genre")).to_contain_text(translated)
    expect(page.locator("#count")).to_have_text("1 dari 1 terjawab")
    expect(page).to_have_title("Ragam: genre sebuah lukisan")
    expect(page.get_by_role("navigation", name="Bagian")).to_be_visible()
    page.reload()
    expect(page.get_by_role("heading", level=1)).to_have_text(QUESTION["id"])
    page.get_by_label("Bahasa").select_option(label="English")
    page.reload()
    expect(page.get_by_role("heading", level=1)).to_have_text(QUESTION["en"])


def test_dark_follows_the_system_until_a_choice_is_made_and_remembered(visit):
    page = visit(color_scheme="dark")
    ground = "getComputedStyle(document.body).backgroundColor"
    dark, switch = page.evaluate(ground), page.get_by_role("button", name="Dark")
    expect(switch).to_have_attribute("aria-pressed", "true")
    page.emulate_media(color_scheme="light")
    expect(page.locator("html")).to_have_attribute("data-theme", "light")
    light = page.evaluate(ground)
    assert brightness(dark) < 40
    assert brightness(light) > 200
    switch.click()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    page.reload()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    assert page.evaluate(ground) == dark
    page.emulate_media(color_scheme="dark")
    switch.click()
    page.reload()
    assert page.evaluate(ground) == light


@pytest.mark.parametrize(("locale", "width"), [("en-GB", 360), ("id-ID", 320)])
def test_a_narrow_window_scrolls_in_one_direction_only(visit, paintings, tmp_path, locale, width):
    # 320 pixels are also a window of 1280 that is enlarged to 400%, and 640 one to 200%.
    page = visit(locale=locale, **PHONE | {"viewport": {"width": width, "height": 740}})
    assert wide(page) == 0
    long = tmp_path / f"{'a-very-long-name-' * 9}.txt"
    long.write_text("no picture")
    choose(page, *paintings[:3], long)
    expect_answered(page, 3, 4)
    left_out(page, long.name).wait_for()
    assert wide(page) == 0
    # No heading lies on the pictures below it, and beside the button for an undo the menu is whole.
    ends = """sections => sections.map((section) => {
        const parts = [section.querySelector(".tile"), ...section.querySelectorAll("h3, :scope > button")];
        return parts.map((part) => part && part.getBoundingClientRect());
    })"""
    for first, *above in page.locator("#grid > section").evaluate_all(ends):
        assert not first or all(one["bottom"] <= first["top"] for one in above)
    page.locator(".tile").first.focus()
    page.keyboard.press("y")
    expect(page.locator("#undo")).to_be_visible()
    page.locator("#exports > summary").click()
    menu = page.locator("#exports .choices").bounding_box()
    assert menu["x"] >= 0
    assert menu["x"] + menu["width"] <= width
    page.keyboard.press("Escape")
    page.locator(".tile").first.click()
    page.locator("#look-map").click()
    expect(page.locator("#look-layer")).to_be_visible()
    assert page.locator("#look").evaluate("look => look.scrollWidth - look.clientWidth") == 0
    page.locator("#look-close").click()
    show_table(page, 3)
    assert wide(page) == 0
    # The table does, within itself.
    assert page.locator("#table .scroll").evaluate("region => region.scrollWidth > region.clientWidth")
    page.set_viewport_size({"width": 640, "height": 450})
    assert wide(page) == 0


def test_a_phone_is_asked_for_its_camera_and_a_desk_is_not(visit):
    phone, desk = visit(**PHONE), visit()
    expect(phone.get_by_role("button", name="Take a photograph")).to_be_visible()
    with phone.expect_file_chooser() as chooser:
        phone.get_by_role("button", name="Take a photograph").click()
    assert chooser.value.element.get_attribute("capture") == "environment"
    expect(desk.get_by_role("button", name="Take a photograph")).to_be_hidden()


def test_a_picture_keeps_its_proportions(visit, paintings):
    page = visit(**PHONE)
    choose(page, *paintings[:2])
    expect_answered(page, 2)
    for path, share in zip(paintings[:2], (1300 / 860, 900 / 1100), strict=True):
        look_at(page, path.name)
        box = page.locator("#look-picture").bounding_box()
        assert box["width"] / box["height"] == pytest.approx(share, abs=0.02)
        page.keyboard.press("Escape")


def test_less_motion_is_less_motion(visit):
    page = visit(reduced_motion="reduce")
    assert page.evaluate("getComputedStyle(document.documentElement).scrollBehavior") == "auto"
    assert visit().evaluate("getComputedStyle(document.documentElement).scrollBehavior") == "smooth"


def test_a_genre_without_a_text_is_named_all_the_same(visit):
    page = visit()
    genres = [{"name": "Mannerism", "description": None}, {"name": "Cubism", "description": {"en": "Plain.", "id": "Biasa."}}]
    page.route("**/genres", lambda route: route.fulfill(json={"status": {"code": 200, "message": "OK"}, "data": genres}))
    page.reload()
    expect(page.locator("#genres-list dt")).to_have_text(["Mannerism", "Cubism"])
    expect(page.locator("#genres-list dd")).to_have_text(["", "Plain."])
