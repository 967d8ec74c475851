"""The page in both languages, both lights, on a phone, and for those who ask for less motion."""

import pytest
import requests
from page_actions import choose, expect_answered, expect_drawn, expect_within, judge, left_out, look_at, picture_file, show_table, tile
from playwright.sync_api import expect

PHONE = {"viewport": {"width": 360, "height": 740}, "has_touch": True, "is_mobile": True, "device_scale_factor": 2}
QUESTION = {"en": "Which genre is this painting?", "id": "Apa genre lukisan ini?"}


def brightness(colour: str) -> float:
    """Of a CSS colour rgb(r, g, b), 0 to 255."""
    return sum(map(int, colour[4:-1].split(","))) / 3


def test_the_first_language_is_the_browsers_and_one_that_is_not_there_is_english(visit):
    page = visit(locale="id-ID")
    expect(page.get_by_role("heading", level=1)).to_have_text(QUESTION["id"])
    expect(page.locator("html")).to_have_attribute("lang", "id")
    # As what every object has.
    page.evaluate("localStorage.setItem('ragam.language', 'constructor')")
    page.reload()
    expect(page.get_by_role("heading", level=1)).to_have_text(QUESTION["en"])
    expect(page.locator("#language")).to_have_value("en")
    expect(page.locator("html")).to_have_attribute("lang", "en")


def test_a_chosen_language_is_remembered_and_reaches_everything(visit, service, paintings):
    page = visit()
    genres = requests.get(f"{service.address}/genres", timeout=30).json()["data"]
    assert len(genres) >= 7
    expect(page.locator("#genres-list dt")).to_have_text([genre["name"] for genre in genres])
    choose(page, paintings[0])
    expect_answered(page, 1)
    genre = service.post(paintings[0].read_bytes()).json()["data"]["image_types_prediction"]
    translated = page.evaluate("async (genre) => (await import('/page/text/id.js')).default[`genre.${genre}`]", genre)
    for language, figures in {"en": "of 100 it finds", "id": "dari 100 ditemukannya"}.items():
        page.locator("#language").select_option(language)
        # What the genre is, and behind it how well the version does on it.
        expect(page.locator("#genres-list dd")).to_contain_text([genre["description"][language] for genre in genres])
        expect(page.locator("#genres-list dd").first).to_contain_text(figures)
    expect(page.locator("#genres-list dt").first).to_have_text("Abstrak")
    expect(page.get_by_role("heading", level=1)).to_have_text(QUESTION["id"])
    expect(tile(page, paintings[0].name).locator(".genre")).to_contain_text(translated)
    expect(page.locator("#count")).to_have_text("1 dari 1 terjawab")
    expect(page.locator("#session option:checked")).to_contain_text("Sesi")
    expect(page).to_have_title("Ragam: genre sebuah lukisan")
    expect(page.get_by_role("navigation", name="Bagian")).to_be_visible()
    page.reload()
    expect(page.get_by_role("heading", level=1)).to_have_text(QUESTION["id"])
    expect(page.locator("#session option:checked")).to_contain_text("Sesi")


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
def test_a_narrow_window_scrolls_in_one_direction_only(visit, paintings, locale, width):
    # 320 pixels are also a window of 1280 that is enlarged to 400%, and 640 one to 200%.
    page = visit(locale=locale, **PHONE | {"viewport": {"width": width, "height": 740}})
    expect(page.get_by_role("heading", level=1)).to_have_text(QUESTION[locale[:2]])
    expect_within(page)
    long = f"{'a-very-long-name-' * 9}.txt"
    choose(page, *paintings[:3], picture_file(long, b"no picture"))
    expect_answered(page, 3, 4)
    left_out(page, long).wait_for()
    expect_within(page)
    # No heading lies on the pictures below it, and beside the button for an undo the menu is whole.
    page.wait_for_function(
        """() => [...document.querySelectorAll("#grid > section")].every((section) => {
            const top = section.querySelector(".tile")?.getBoundingClientRect().top ?? Infinity;
            return [...section.querySelectorAll("h3, :scope > button")].every((part) => part.getBoundingClientRect().bottom <= top);
        })"""
    )
    judge(page, paintings[0].name, "y")
    expect(page.locator("#undo")).to_be_visible()
    page.locator("#exports > summary").click()
    menu = page.locator("#exports .choices").bounding_box()
    assert menu["x"] >= 0
    assert menu["x"] + menu["width"] <= width
    page.keyboard.press("Escape")
    look_at(page, paintings[0].name)
    page.locator("#look-map").click()
    expect(page.locator("#look-layer")).to_be_visible()
    expect_within(page, "#look")
    page.locator("#look-close").click()
    show_table(page, 3)
    expect_within(page)
    # The table does, within itself.
    assert page.locator("#table .scroll").evaluate("region => region.scrollWidth > region.clientWidth")
    page.set_viewport_size({"width": 640, "height": 450})
    expect_within(page)


def test_a_phone_is_asked_for_its_camera_and_keeps_a_picture_s_proportions(visit, paintings):
    page = visit(**PHONE)
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name="Take a photograph").click()
    assert chooser.value.element.get_attribute("capture") == "environment"
    pictures = [path for path in paintings if path.stem in {"evening-hills", "tilted-planes"}]
    choose(page, *pictures)
    expect_answered(page, 2)
    for path in pictures:
        look_at(page, path.name)
        expect_drawn(page)
        own = page.locator("#look-picture").evaluate("image => image.naturalWidth / image.naturalHeight")
        box = page.locator("#look-picture").bounding_box()
        assert box["width"] / box["height"] == pytest.approx(own, abs=0.02)
        page.keyboard.press("Escape")


def test_a_desk_is_asked_for_no_camera_and_less_motion_is_less_motion(visit):
    page = visit(reduced_motion="reduce")
    expect(page.get_by_role("button", name="Take a photograph")).to_be_hidden()
    expect(page.locator("html")).to_have_css("scroll-behavior", "auto")
    page.emulate_media(reduced_motion="no-preference")
    expect(page.locator("html")).to_have_css("scroll-behavior", "smooth")
