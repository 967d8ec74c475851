"""Pictures of several folders: which lies where, in which order, and which are the same file."""

from page_actions import choose, expect_answered, judge, look_at, picture_file, tile, wait_for_kept
from playwright.sync_api import expect
from told_answers import tell

FILES = ("room 10/b.jpg", "room 10/a.jpg", "room 2/a.jpg", "room 2/left/c.jpg", "room 2/b10.jpg", "room 2/b9.jpg")


def test_cards_tell_the_folder_and_lie_by_name_within_it_and_one_file_given_twice_is_told(visit, tmp_path, picture):
    folder = tmp_path / "collection"
    for seed, path in enumerate(FILES):
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(picture(64, 48, seed=seed))
    (folder / "room 2" / "left" / "d.jpg").write_bytes((folder / "room 10" / "a.jpg").read_bytes())
    page = visit()
    tell(page)
    page.set_input_files("#folders", folder)
    expect_answered(page, 7)
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
    page.get_by_role("button", name="Reverse").click()

    copies = page.locator("#summary-only").get_by_role("button", name="Same file twice 2")
    copies.click()
    expect(page.locator(".tile .twin")).to_have_text(["same file as a.jpg · room 10", "same file as d.jpg · room 2/left"])
    look = look_at(page, "d.jpg")
    expect(look.locator("#look-twins")).to_have_text("The same file, byte by byte, as collection/room 10/a.jpg.")
    # Of one file one verdict is expected.
    page.keyboard.press("y")
    expect(look.locator("#look-place")).to_have_text("2 of 2")
    expect(look.locator("#look-twins")).to_contain_text("Their verdicts differ.")
    wait_for_kept(page, 7, state="answered")
    page.reload()
    expect(copies).to_be_visible()
    # Beside a verdict it is still read in full, and nothing else is cut.
    choose(page, *(picture_file(name, picture(64, 48, seed=9)) for name in ("x.jpg", "y.jpg")))
    twin = tile(page, "y.jpg").locator(".twin")
    expect(twin).to_have_text("same file as x.jpg")
    judge(page, "y.jpg", "n")
    expect(twin).to_have_text("same file as x.jpg")
    cut = """tile => [tile, ...tile.querySelectorAll('.caption, .caption > :not(.unseen)')]
        .filter((one) => one.scrollWidth > one.clientWidth || one.scrollHeight > one.clientHeight).map((one) => one.className)"""
    assert tile(page, "y.jpg").evaluate(cut) == []
