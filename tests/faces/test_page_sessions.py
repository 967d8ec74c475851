"""Nothing is lost: what was done is there again after a reload, in named sessions, and in a file."""

from page_actions import choose, expect_answered, judge, left_out, look_at, tile, wait_for_kept
from playwright.sync_api import expect


def test_a_reload_loses_nothing_and_a_button_deletes_it(visit, paintings):
    page = visit()
    choose(page, *paintings[:2])
    expect_answered(page, 2)
    look_at(page, paintings[0].name)
    page.get_by_label("Note", exact=True).fill("keep")
    # The press on the button is also what ends the note, and lasts as long as a person's.
    page.locator("#look-verdicts").get_by_role("button", name="Realism").click(delay=200)
    page.keyboard.press("Escape")
    wait_for_kept(page, 2, verdict="Realism", note="keep")
    page.reload()
    expect(page.locator("#restored-text")).to_have_text("Here again with answers and verdicts, kept in this browser and nowhere else: 2.")
    expect(tile(page, paintings[0].name).locator("img")).to_be_visible()
    expect(tile(page, paintings[0].name).locator(".mark")).to_have_text("Realism")
    look_at(page, paintings[0].name)
    expect(page.get_by_label("Note", exact=True)).to_have_value("keep")
    page.locator("#look-map").click()
    expect(page.locator("#look-layer")).to_be_visible()
    page.keyboard.press("Escape")
    # One button for one thing.
    page.get_by_role("button", name="Delete").click()
    page.locator("#question-dialog").get_by_role("button", name="Delete").click()
    expect(page.locator("#works")).to_be_hidden()
    page.reload()
    expect(page.locator("#restored")).to_be_hidden()
    expect(page.locator("#works")).to_be_hidden()


def test_sessions_have_names_and_a_file_brings_one_elsewhere(visit, paintings, tmp_path):
    page = visit()
    choose(page, paintings[0])
    expect_answered(page, 1)
    judge(page, paintings[0].name, "y")
    page.get_by_role("button", name="Name it").click()
    page.locator("#question-value").fill("East wing")
    page.keyboard.press("Enter")
    wait_for_kept(page, 1, state="answered")
    with page.expect_download() as download:
        page.get_by_role("button", name="Save as a file").click()
    assert download.value.suggested_filename == "East wing.ragam.jsonl"
    download.value.save_as(tmp_path / "east.ragam.jsonl")
    page.get_by_role("button", name="New").click()
    page.locator("#question-value").fill("West wing")
    page.keyboard.press("Enter")
    expect(page.locator("#works")).to_be_hidden()
    page.locator("#session").select_option(label="East wing")
    expect(tile(page, paintings[0].name)).to_be_visible()
    other = visit()
    other.set_input_files("#session-file", tmp_path / "east.ragam.jsonl")
    expect(tile(other, paintings[0].name).locator(".mark")).to_have_text("✓ agreed")
    expect(tile(other, paintings[0].name).locator("img")).to_be_visible()
    expect(other.locator("#session").locator("option:checked")).to_have_text("East wing")
    expect(other.locator("#restored-text")).to_contain_text("nowhere else: 1.")
    (tmp_path / "other.jsonl").write_text('{"a": 1}\n')
    other.set_input_files("#session-file", tmp_path / "other.jsonl")
    expect(other.locator("#restored-text")).to_have_text("other.jsonl is not a session that this page has saved.")


def test_what_a_reload_lost_is_chosen_again_and_takes_its_place(visit, paintings):
    page = visit()
    # Nothing is reduced, so that nothing is there to go on with; and nothing is answered. Its worker may have been loaded by now.
    page.evaluate("Worker.prototype.postMessage = () => {}")
    page.route("**/prediction?*", lambda route: None)
    choose(page, *paintings[:2])
    wait_for_kept(page, 0, state="sending", name=paintings[1].name)
    page.unroute_all()
    page.reload()
    expect(left_out(page, paintings[1].name)).to_contain_text("The page was closed before the picture was read. Add it again.")
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name=f"Choose {paintings[1].name} again").click()
    chooser.value.set_files(paintings[:2])
    # Each is there once.
    expect_answered(page, 2)
    expect(tile(page, paintings[0].name).locator("img")).to_be_visible()
    expect(page.locator("#left-out")).to_be_hidden()
    wait_for_kept(page, 2, state="answered")


def test_what_was_under_way_goes_on_after_a_reload(visit, paintings):
    page = visit()
    page.route("**/prediction?*", lambda route: None)
    choose(page, paintings[0])
    expect(tile(page, paintings[0].name).locator("img")).to_be_visible()
    wait_for_kept(page, 1, state="sending")
    page.unroute_all()
    page.reload()
    expect_answered(page, 1)


def test_an_answer_and_a_verdict_are_kept_though_the_page_goes_in_the_same_moment(visit, paintings):
    page = visit()
    with page.expect_navigation():
        page.evaluate(
            """async () => {
                const { onWork } = await import("/page/session/works.js");
                onWork((work, happened, { answer }) => answer && location.reload());
            }"""
        )
        choose(page, paintings[0])
    # It is not asked for again.
    page.route("**/prediction?*", lambda route: None)
    page.reload()
    expect(tile(page, paintings[0].name)).to_have_attribute("data-state", "answered")
    with page.expect_navigation():
        page.evaluate(
            """async () => {
                const { all } = await import("/page/session/works.js");
                const { judge } = await import("/page/session/verdicts.js");
                judge(all(), "Realism");
                location.reload();
            }"""
        )
    expect(tile(page, paintings[0].name).locator(".mark")).to_have_text("Realism")
