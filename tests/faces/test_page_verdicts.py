"""The grid of many, one look, and what a person says of the answers, from the keyboard."""

import pytest
from page_actions import choose, expect_answered, expect_drawn, judge, look_at, saved_rows, tile
from playwright.sync_api import Page, expect
from told_answers import GENRES, NO_PAINTING, PAINTING, told

MANY = 5000


def answer(number: int) -> dict[str, object]:
    """The first is of the first genre, the second of the second; every second one is certain, every tenth perhaps no painting."""
    certain = number % 2 == 0
    data = told(GENRES[number % 7], 0.6, NO_PAINTING if number % 10 == 9 else PAINTING, certain=certain)
    return {**data, "expected_accuracy": 0.8 if certain else 0.4}


@pytest.fixture
def twenty(answered) -> Page:
    return answered({f"{number + 1:02}.jpg": answer(number) for number in range(20)})


def counts() -> dict[str, int]:
    shown = [GENRES[number % 7] for number in range(20) if number % 10 != 9]
    return {genre: shown.count(genre) for genre in GENRES}


def test_groups_have_counts_the_summary_filters_and_the_table_shows_model_and_verdict_side_by_side(twenty):
    page = twenty
    expect(page.locator("#grid h3")).to_have_text([*(f"{genre} ({count})" for genre, count in counts().items()), "Not a painting? (2)"])
    chip = page.locator("#summary-genres").get_by_role("button", name="Abstract 3")
    # While it is pressed a picture changes, and the summary counts anew in the next frame.
    chip.hover()
    page.mouse.down()
    page.evaluate(
        """async () => {
            const { all, change } = await import("/page/session/works.js");
            change(all()[0], { note: "seen" });
            await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
        }"""
    )
    page.mouse.up()
    expect(chip).to_have_attribute("aria-pressed", "true")
    expect(page.locator("#shown")).to_contain_text("3 of 20 shown.")
    expect(page.locator(".tile")).to_have_count(3)
    page.get_by_role("button", name="Show all").click()
    page.get_by_label("Search by name or note").fill("07")
    expect(page.locator(".tile")).to_have_count(1)
    page.get_by_label("Search by name or note").fill("")
    page.get_by_label("Groups").select_option("none")
    page.get_by_label("Order").select_option("name")
    page.get_by_role("button", name="Reverse").click()
    expect(page.locator(".tile .name").first).to_have_text("20.jpg")
    page.locator("#summary-only").get_by_role("button", name="Not a painting?").click()
    expect(page.locator(".tile")).to_have_count(2)
    page.get_by_role("button", name="Show all").click()
    page.get_by_role("button", name="Reverse").click()
    page.get_by_role("button", name="Table", exact=True).click()
    row = page.locator("#rows tr").filter(has_text="03.jpg")
    row.get_by_label("Verdict on 03.jpg").select_option("Symbolism")
    row.get_by_label("Note on 03.jpg").fill("see the sky")
    page.get_by_role("button", name="Model").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#columns").get_by_role("columnheader", name="Model")).to_have_attribute("aria-sort", "ascending")
    expect(page.locator("#rows .genre").first).to_have_text("Abstract")
    expect(page.locator("#rows img").first).to_be_visible()
    saved = {row["file"]: row for row in saved_rows(page)}
    assert (saved["03.jpg"]["verdict"], saved["03.jpg"]["remark"]) == ("Symbolism", "see the sky")


def test_verdicts_are_keys_in_the_grid_and_in_the_look_and_each_is_undone(twenty):
    page = twenty
    page.get_by_label("Groups").select_option("none")
    expect(page.locator("#judged")).to_be_hidden()
    judge(page, "01.jpg", "y")
    expect(tile(page, "01.jpg").locator(".mark")).to_have_text("✓ agreed")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("5")
    expect(tile(page, "02.jpg").locator(".mark")).to_have_text("Realism")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    expect(page.locator("#look-place")).to_have_text("3 of 20")
    page.keyboard.press("u")
    expect(page.locator("#look-place")).to_have_text("4 of 20")
    page.keyboard.press("n")
    page.keyboard.press("ArrowRight")
    expect(page.locator("#look-place")).to_have_text("6 of 20")
    page.keyboard.press("ArrowLeft")
    # An undo goes back to its picture.
    page.keyboard.press("z")
    expect(page.locator("#look-place")).to_have_text("4 of 20")
    expect(page.locator("#look-verdicts [aria-pressed=true]")).to_have_count(0)
    page.keyboard.press("Escape")
    expect(tile(page, "04.jpg")).to_be_focused()
    expect(page.locator("#agreement-share")).to_have_text("Of the answers that you judged (2) you agree with 50%.")
    expect(page.locator("#confusion tbody th")).to_have_text(["Abstract", "Realism"])
    expect(page.locator("#confusion tbody td")).to_have_text(["1", "0", "0", "1"])
    page.get_by_label("Groups").select_option("genre")
    # Group by group, as in the grid.
    look_at(page, "01.jpg")
    page.keyboard.press("ArrowRight")
    expect(page.locator("#look-file")).to_have_text("08.jpg")
    page.keyboard.press("Escape")
    # What looks like no painting has none of the genres.
    page.get_by_role("button", name="None of these for all without a verdict (2)").click()
    page.locator("#question-dialog").get_by_role("button", name="None of these for all").click()
    expect(page.locator("#agreement-share")).to_contain_text("you judged (4)")
    expect(page.locator("#confusion tbody th").last).to_have_text("None of these")
    page.get_by_role("button", name="Undo").click()
    page.locator("#grid section", has=page.get_by_role("heading", name="Symbolism (")).get_by_role("button", name="Agree with all").click()
    page.locator("#question-dialog").get_by_role("button", name="Agree with all").click()
    expect(page.locator("#agreement-share")).to_contain_text("you judged (4)")
    page.get_by_role("button", name="Undo").click()
    # How far one is stands above the pictures, and leads to the table.
    expect(page.locator("#judged-unsure")).to_have_text("and 1 unsure")
    page.get_by_role("link", name="2 of 20 judged, 50% agree with the model").click()
    expect(page.locator("#agreement-title")).to_be_in_viewport()


def test_agreement_with_many_asks_what_one_agrees_with_and_is_undone_at_once(twenty):
    page = twenty
    page.get_by_label("Groups").select_option("certainty")
    agree = page.get_by_role("button", name="Agree with all without")
    # Only with those of which the model is certain: the others are looked at one by one.
    expect(agree).to_have_count(1)
    page.get_by_label("Groups").select_option("genre")
    agree.first.click()
    dialog = page.locator("#question-dialog")
    expect(dialog).to_contain_text("Give each picture without a verdict (3) the genre that the model names: Abstract (3)?")
    expect(dialog).to_contain_text("The model is not certain of 1 of them. Of 100 such answers about 40 were right.")
    dialog.get_by_role("button", name="Cancel").click()
    expect(page.locator("#judged")).to_be_hidden()
    agree.first.click()
    dialog.get_by_role("button", name="Agree with all").click()
    expect(page.locator("#judged-link")).to_have_text("3 of 20 judged, 100% agree with the model")
    expect(page.locator(".tile:focus")).to_have_count(1)
    page.get_by_role("button", name="Undo").click()
    expect(page.locator("#judged")).to_be_hidden()
    page.get_by_label("Groups").select_option("none")
    agree.first.click()
    expect(dialog).to_contain_text("What may be no painting keeps no verdict (2).")


def test_a_phone_shows_the_map_on_the_same_screen_and_is_swiped(visit, paintings):
    page = visit(viewport={"width": 360, "height": 740}, has_touch=True, is_mobile=True, device_scale_factor=2)
    choose(page, *paintings[:3])
    expect_answered(page, 3)
    page.get_by_label("Groups").select_option("none")
    look_at(page, paintings[0].name)
    page.locator("#look-map").click()
    expect(page.locator("#look-layer")).to_be_visible()
    expect_drawn(page)
    for part in ("#look-layer", "#look-opacity", "#look-legend", "#look-title", "#look-sure"):
        box = page.locator(part).bounding_box()
        assert box["y"] >= 0, part
        assert box["y"] + box["height"] <= 740, part
    expect(page.locator("#look-swipe")).to_be_visible()
    swipe(page, 300, 150)
    expect(page.locator("#look-place")).to_have_text("2 of 3")
    expect(page.locator("#look-swipe")).to_be_hidden()
    swipe(page, 100, 250)
    expect(page.locator("#look-place")).to_have_text("1 of 3")


def swipe(page: Page, start: int, end: int) -> None:
    # The next picture is smaller until it has loaded.
    expect_drawn(page)
    box = page.locator("#look-stage").bounding_box()
    assert box is not None
    y = box["y"] + box["height"] / 2
    devtools = page.context.new_cdp_session(page)
    for kind, x in (("touchStart", start), ("touchMove", (start + end) // 2), ("touchMove", end), ("touchEnd", None)):
        points = [] if x is None else [{"x": x, "y": y}]
        devtools.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})
    devtools.detach()


def test_a_phone_shows_every_verdict_without_a_scroll(answered):
    phone = {"viewport": {"width": 390, "height": 780}, "has_touch": True, "is_mobile": True, "device_scale_factor": 2}
    page = answered({"01.jpg": told("Neoclassicism", 0.4, certain=False)}, **phone)
    for language, none in {"id": "Bukan semuanya", "en": "None of these"}.items():
        page.locator("#language").select_option(language)
        look_at(page, "01.jpg")
        expect_drawn(page)
        expect(page.locator("#look-verdicts button")).to_have_count(9)
        expect(page.locator("#look-verdicts")).to_contain_text(none)
        box = page.locator("#look-verdicts").bounding_box()
        assert box["y"] + box["height"] <= 780
        page.keyboard.press("Escape")


def test_five_thousand_pictures_stay_in_hand(visit):
    page = visit()
    # What is added before the session is open is no part of it.
    page.locator("#session option").wait_for(state="attached")
    page.evaluate(
        """async ([many, answer]) => {
            const { add } = await import("/page/session/works.js");
            const time = "2026-01-01T00:00:00Z";
            for (let i = 1; i <= many; i += 1) add({ name: `${i}.jpg`, state: "answered", answer, time });
        }""",
        [MANY, told("Realism")],
    )
    expect(page.locator("#shown")).to_contain_text("5,000 of 5,000")
    assert page.locator(".tile").count() < 120
    page.locator(".tile").first.focus()
    page.keyboard.press("End")
    expect(page.locator(".tile:focus")).to_be_in_viewport()
    assert page.locator(".tile").count() < 200
    page.keyboard.press("1")
    expect(page.locator(".tile:focus .mark")).to_have_text("Abstract")
    page.get_by_role("button", name="Table", exact=True).click()
    expect(page.locator("#rows tr[data-id]").first).to_be_visible()
    assert page.locator("#rows tr").count() < 60
