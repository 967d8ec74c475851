"""Pictures of several folders: which lies where, in which order, and which are the same file."""

import pytest
from page_actions import choose, expect_answered, look_at, picture_file, tile, wait_for_kept
from playwright.sync_api import Page, expect
from told_answers import tell, told


@pytest.fixture
def rooms(visit, tmp_path, picture) -> Page:
    """The same names in two rooms, and one file that is in both."""
    folder = tmp_path / "collection"
    for seed, path in enumerate(("room 10/b.jpg", "room 10/a.jpg", "room 2/a.jpg", "room 2/left/c.jpg", "room 2/b10.jpg", "room 2/b9.jpg")):
        file = folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(picture(seed=seed))
    (folder / "room 2" / "left" / "d.jpg").write_bytes((folder / "room 10" / "a.jpg").read_bytes())
    page = visit()
    tell(page, {name: told("Realism") for name in ("a.jpg", "b.jpg", "b9.jpg", "b10.jpg", "c.jpg", "d.jpg")})
    page.set_input_files("#folders", folder)
    expect_answered(page, 7)
    return page


def test_cards_tell_the_folder_and_lie_by_name_within_it(rooms):
    page = rooms
    names = page.locator(".tile .name")
    in_room_2 = ["a.jpg · room 2", "b9.jpg · room 2", "b10.jpg · room 2", "c.jpg · room 2/left", "d.jpg · room 2/left"]
    expect(names).to_have_text([*in_room_2, "a.jpg · room 10", "b.jpg · room 10"])
    page.get_by_label("Groups").select_option("folder")
    expect(page.locator("#grid h3")).to_have_text(["collection/room 2 (3)", "collection/room 2/left (2)", "collection/room 10 (2)"])
    page.get_by_label("Order").select_option("added")
    page.get_by_label("Order").select_option("name")
    page.get_by_role("button", name="Reverse").click()
    page.get_by_label("Groups").select_option("none")
    expect(names.first).to_have_text("b.jpg · room 10")


def test_one_file_given_twice_is_told(rooms):
    page = rooms
    page.locator("#summary-only").get_by_role("button", name="Same file twice 2").click()
    expect(page.locator(".tile .twin")).to_have_text(["same file as a.jpg · room 10", "same file as d.jpg · room 2/left"])
    look = look_at(page, "d.jpg")
    expect(look.locator("#look-twins")).to_have_text("The same file, byte by byte, as collection/room 10/a.jpg.")
    # Of one file one verdict is expected.
    page.keyboard.press("y")
    expect(look.locator("#look-place")).to_have_text("2 of 2")
    expect(look.locator("#look-twins")).to_contain_text("Their verdicts differ.")
    wait_for_kept(page, 7, state="answered")
    page.reload()
    expect(page.locator("#summary-only").get_by_role("button", name="Same file twice 2")).to_be_visible()


def test_pictures_without_a_folder_say_none(visit, picture):
    page = visit()
    tell(page, {f"{name}.jpg": told("Realism") for name in "ab"})
    choose(page, *(picture_file(f"{name}.jpg", picture(seed=1)) for name in "ba"))
    expect_answered(page, 2)
    expect(page.locator(".tile .name")).to_have_text(["a.jpg", "b.jpg"])
    expect(tile(page, "a.jpg").locator(".twin")).to_have_text("same file as b.jpg")
    # Beside a verdict it is still read in full, and nothing else is cut.
    tile(page, "a.jpg").focus()
    page.keyboard.press("n")
    expect(tile(page, "a.jpg").locator(".mark")).to_have_text("None of these")
    expect(tile(page, "a.jpg").locator(".twin")).to_have_text("same file as b.jpg")
    cut = """tile => [tile, ...tile.querySelectorAll('.caption, .caption > :not(.unseen)')]
        .filter((one) => one.scrollWidth > one.clientWidth || one.scrollHeight > one.clientHeight).map((one) => one.className)"""
    assert tile(page, "a.jpg").evaluate(cut) == []
    expect(page.locator("#by-folder")).to_have_attribute("hidden", "")
