"""The printed report and the contact sheet: first what it all comes to, then a label for each picture, on A4 and letter."""

import math

from page_actions import choose, expect_answered, judge, picture_file
from playwright.sync_api import Page, expect
from told_answers import NO_PAINTING, tell, told

# Rows of two labels that a page holds, of the taller paper and the other.
ROWS = {"A4": 6, "Letter": 5}


def print_it(page: Page, entry: str) -> None:
    """To the paper in the document, whose print is not asked for: the dialog of the system would wait for somebody."""
    page.evaluate(
        """() => {
            document.documentElement.removeAttribute("data-printed");
            window.print = () => document.documentElement.setAttribute("data-printed", "");
        }"""
    )
    page.locator("#exports > summary").click()
    page.get_by_role("button", name=entry).click()
    expect(page.locator("[data-printed]")).to_have_count(1)


def table(page: Page, name: str) -> dict[str, list[str]]:
    """Its rows by their first cell."""
    rows = page.locator(f"#paper table.{name} tr").evaluate_all("rows => rows.map(row => [...row.cells].map(cell => cell.textContent))")
    return {first: rest for first, *rest in rows}


def test_the_first_page_says_what_came_out_and_what_to_think_of_it(visit, picture):
    page = visit()
    answers = {
        "1.jpg": told("Realism"),
        "2.jpg": told("Realism", certain=False),
        "3.jpg": told("Abstract"),
        "4.jpg": told("Abstract"),
        "chart.jpg": told("Abstract", 0.9, NO_PAINTING),
    }
    tell(page, answers)
    page.get_by_role("button", name="Name it").click()
    page.locator("#question-value").fill("East wing")
    page.keyboard.press("Enter")
    page.get_by_label("Your name").fill("Ida Ayu")
    # The one that is no painting first: on paper it comes last, as on the screen.
    files = {**{name: picture(64, 48) for name in reversed(answers)}, "broken.jpg": b"", "all.zip": b"PK\x03\x04"}
    choose(page, *(picture_file(name, data) for name, data in files.items()))
    expect_answered(page, 5, 7)
    for name, key in {"1.jpg": "y", "2.jpg": "6", "3.jpg": "n", "4.jpg": "y"}.items():
        judge(page, name, key)
    print_it(page, "Print a report")
    expect(page.locator("#paper h1")).to_have_text("East wing")
    facts = page.locator("#paper dd").all_text_contents()
    assert facts[1] == "5"
    assert facts[2].startswith("4 of 5, ")
    assert facts[3] == "Ida Ayu"
    # The model's genre, how many of these certain, and the verdicts: both columns add up to all.
    counts = table(page, "counts")
    assert counts == {
        "Genre": ["Model", "of these certain", "Verdicts"],
        "Abstract": ["2", "2", "1"],
        "Realism": ["2", "1", "1"],
        "Romanticism": ["0", "0", "1"],
        "Not a painting?": ["1", "", ""],
        "None of these": ["", "", "1"],
        "Without a verdict": ["", "", "1"],
        "All": ["5", "3", "5"],
    }
    assert table(page, "matrix") == {
        "Verdict ↓ / model →": ["Abstract", "Realism"],
        "Abstract": ["1", "0"],
        "Realism": ["0", "1"],
        "Romanticism": ["0", "1"],
        "None of these": ["1", "0"],
    }
    text = page.locator("#paper .overview").inner_text()
    assert "judged (4), the verdict is the model's genre for 50%." in text
    assert "Left out: 2" in text
    assert "The file is empty. Files (1): broken.jpg" in text
    assert "Unpack it, and drop the folder that comes out of it. Files (1): all.zip" in text
    assert page.locator("#knows p").nth(1).inner_text() in text
    # The labels, in the groups of the screen and their order.
    expect(page.locator("#paper .group > h2")).to_have_text(["Abstract (2)", "Realism (2)", "Not a painting? (1)"])
    expect(page.locator("#paper article .file")).to_have_text(["3.jpg", "4.jpg", "1.jpg", "2.jpg", "chart.jpg"])
    label = page.locator("#paper article").nth(3)
    expect(label.locator(".verdict")).to_have_text("Verdict: Romanticism.")
    expect(label).to_contain_text("by Ida Ayu.")
    expect(label).to_contain_text("version 3")


def test_many_labels_fit_a_page_of_a4_and_of_letter(answered):
    answers = {f"{number}.jpg": told("Abstract" if number % 2 else "Realism") for number in range(40)}
    page = answered(answers)
    for size, rows in ROWS.items():
        print_it(page, "Print a report")
        page.emulate_media(media="print")
        expect(page.locator("main")).to_be_hidden()
        expect(page.locator("#paper article")).to_have_count(len(answers))
        pages = page.pdf(format=size).count(b"/Type /Page\n")
        # The first page holds the summary; a heading may take the place of a row.
        assert pages <= 1 + math.ceil((len(answers) / 2 + 1) / rows), size
        # What was printed is taken away.
        expect(page.locator("#paper > *")).to_have_count(0)
        page.emulate_media(media="screen")


def test_a_contact_sheet_tells_guess_and_verdict_apart(answered):
    page = answered({"1.jpg": told("Realism", certain=False), "2.jpg": told("Realism"), "3.jpg": told("Realism", 0.7, NO_PAINTING)})
    page.get_by_label("Your name").fill("Ida Ayu")
    judge(page, "2.jpg", "n")
    print_it(page, "Print a contact sheet")
    expect(page.locator("#paper figcaption")).to_have_count(3)
    captions = page.locator("#paper figcaption").evaluate_all("all => all.map(one => [...one.children].map(part => part.textContent))")
    assert captions == [
        ["Realism", "Not certain, 70% confidence.", "1.jpg"],
        ["Realism", "Certain, 70% confidence.", "Verdict: None of these.", "2.jpg"],
        ["Realism", "Perhaps not a painting; 70% confidence.", "3.jpg"],
    ]
    facts = page.locator("#paper dd").all_text_contents()
    assert (facts[1], facts[3]) == ("3", "Ida Ayu")
    assert facts[2].startswith("1 of 3, ")
    page.emulate_media(media="print")
    assert page.pdf(format="A4").count(b"/Type /Page\n") == 1


def test_the_browser_s_own_print_says_how_all_is_printed_and_paper_is_light_in_the_dark(answered):
    page = answered({"1.jpg": told("Realism")})
    expect(page.locator(".print-hint")).to_be_hidden()
    # Only the pictures near the window are in the document: a print of it would lack the others.
    page.emulate_media(media="print")
    expect(page.locator("main")).to_be_hidden()
    expect(page.locator(".print-hint")).to_contain_text("Print a report")
    page.emulate_media(media="screen")
    colours = """() => {
        const of = (part, what) => getComputedStyle(document.querySelector(`#paper ${part}`))[what];
        return [of(".track", "backgroundColor"), of(".small", "color"), of("h1", "color")];
    }"""
    found = []
    for _ in range(2):
        print_it(page, "Print a report")
        page.emulate_media(media="print")
        expect(page.locator("#paper article")).to_be_visible()
        expect(page.locator(".print-hint")).to_be_hidden()
        found.append(page.evaluate(colours))
        page.evaluate("dispatchEvent(new Event('afterprint'))")
        page.emulate_media(media="screen")
        page.get_by_role("button", name="Dark").click()
    assert found[0] == found[1]
