"""The page's words: the same in both languages, all of them used, and true."""

import json
import re
from html.parser import HTMLParser
from pathlib import Path

from gateway import errors
from gateway.api.pages import ASSETS
from gateway.contract import TYPICAL_FROM
from gateway.errors import RagamError

ROOT = Path(__file__).resolve().parents[3]
TEXTS = {name: data.decode() for name, data in ASSETS.items()}
HTML = TEXTS["index.html"]
SCRIPTS = {name: text for name, text in TEXTS.items() if name.endswith(".js") and not name.startswith("words/")}


def words(language):
    text = TEXTS[f"words/{language}.js"]
    pairs = json.loads(re.fullmatch(r"//[^\n]*\nexport default (\{.*\});\n", text, re.DOTALL)[1], object_pairs_hook=list)
    assert len(pairs) == len(dict(pairs)), "a key stands twice"
    return dict(pairs)


EN, ID = words("en"), words("id")


def named():
    """Every key that the page or a module names."""
    in_page = re.findall(r'data-word(?:-label)?="([^"]+)"', HTML)
    in_modules = [key for text in SCRIPTS.values() for key in re.findall(r'"([a-z]+\.(?:[a-zA-Z]+|\d{3}))"', text)]
    # What is remembered and the names of files have the same form.
    return {key for key in [*in_page, *in_modules] if not key.startswith("ragam.") and not key.endswith((".png", ".csv", ".json"))}


def test_both_languages_have_the_same_keys_in_the_same_order():
    assert list(EN) == list(ID)


def test_every_word_that_is_named_exists_and_every_word_is_named():
    assert named() == set(EN)


def test_both_languages_take_the_same_values():
    for key, text in EN.items():
        assert sorted(re.findall(r"\{\w+\}", text)) == sorted(re.findall(r"\{\w+\}", ID[key])), key
        assert text.strip(), key
        assert ID[key].strip(), key


def test_few_words_are_alike():
    # A forgotten translation is the English one.
    alike = {key for key in EN if EN[key] == ID[key]}
    assert alike <= {"live.answered", "live.failed", "list.genre"}


class _Words(HTMLParser):
    """The text and the label of each element that names one of its own."""

    def __init__(self) -> None:
        super().__init__()
        self.pairs: list[tuple[str, str]] = []
        self._key: str | None = None

    def handle_starttag(self, tag, attrs):
        attributes = dict(attrs)
        self._key = attributes.get("data-word")
        if "data-word-label" in attributes:
            self.pairs.append((attributes["data-word-label"], attributes["aria-label"]))

    def handle_data(self, data):
        if self._key:
            self.pairs.append((self._key, data))
            self._key = None


def test_the_document_is_english_until_a_language_is_chosen():
    parser = _Words()
    parser.feed(HTML)
    assert len(parser.pairs) > 40
    assert [pair for pair in parser.pairs if EN[pair[0]] != pair[1]] == []


def test_every_status_that_the_service_answers_has_a_sentence():
    def below(kind):
        return {kind, *(one for child in kind.__subclasses__() for one in below(child))}

    statuses = {kind.status.value for kind in below(RagamError)} | {0, 401, 404, 405, 429}
    assert errors.TooLarge.status.value in statuses
    mapped = dict(re.findall(r'^  (\d+): "([\w.]+)",$', SCRIPTS["failures.js"], re.MULTILINE))
    assert statuses <= {int(status) for status in mapped}
    assert all(mapped[status] == f"error.{status}" for status in mapped if status != "0")


def test_what_may_be_no_painting_is_the_same_on_the_page():
    assert float(re.search(r"^const TYPICAL_FROM = ([\d.]+);$", SCRIPTS["doubt.js"], re.MULTILINE)[1]) == TYPICAL_FROM


def test_the_figures_are_those_of_the_model_in_the_repository():
    latest = max((ROOT / "model_repository" / "painting_genre").glob("[0-9]*"), key=lambda version: int(version.name))
    card = json.loads((latest / "assets.extra" / "model_card.json").read_text())["scorecard"]["external-test"]
    measured = [round(100 * share) for share in (card["accuracy"]["value"], card["certain"]["accuracy"]["value"])]
    for language in (EN, ID):
        assert [int(figure) for figure in re.findall(r"\b(\d+) (?:in|dari) 100\b", language["trust.good"])] == measured
