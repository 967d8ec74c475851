"""The page's sentences: the same in every language, all of them used, true, and none anywhere else."""

import json
import re
from html import unescape
from pathlib import Path

import yaml

from gateway.api.genres import TEXTS as DESCRIPTIONS
from gateway.api.pages import ASSETS
from gateway.contract import TYPICAL_FROM
from ragam import run

ROOT = Path(__file__).resolve().parents[3]
TEXTS = {name: data.decode() for name, data in ASSETS.items() if not name.endswith(".jpg")}
HTML = TEXTS["index.html"]
LANGUAGES = re.findall(r'import\("\./(\w+)\.js"\)', TEXTS["text/catalogues.js"])
CATALOGUES = {f"text/{language}.js" for language in LANGUAGES}
SCRIPTS = {
    name: text for name, text in TEXTS.items() if name.endswith(".js") and name not in CATALOGUES and not name.startswith("library/")
}

# Keys that are put together from what an answer says, and the name that the gateway puts in the list of languages.
MADE = ("language.name", "error.", "genre.", "group.", "state.", "sure.", "short.", "table.", "only.", "verdict.")
ALIKE = {"genres.title", "filter.genre", "table.genre", "agreement.corner", "report.genre", "report.model"}


def words(language):
    text = TEXTS[f"text/{language}.js"]
    pairs = json.loads(re.fullmatch(r"//[^\n]*\nexport default (\{.*\});\n", text, re.DOTALL)[1], object_pairs_hook=list)
    assert len(pairs) == len(dict(pairs)), "a key stands twice"
    return dict(pairs)


EN = words("en")
OTHERS = {language: words(language) for language in LANGUAGES if language != "en"}


def named():
    """Every key that the page or a module names."""
    in_page = re.findall(r'data-word(?:-label|-hint)?="([^"]+)"', HTML)
    in_modules = [key for text in SCRIPTS.values() for key in re.findall(r'"([a-zA-Z]+\.[a-zA-Z_]+)"', text)]
    # What is remembered and the names of files have the same form.
    files = {key for key in in_modules if key.startswith(("ragam.", "image.")) or key.endswith(".js")}
    return {*in_page, *in_modules} - files


def test_every_language_has_the_same_keys_and_values():
    assert "id" in OTHERS
    for other in OTHERS.values():
        assert list(EN) == list(other)
        for key, text in EN.items():
            assert text.strip(), key
            assert other[key].strip(), key
            assert sorted(re.findall(r"\{\w+\}", text)) == sorted(re.findall(r"\{\w+\}", other[key])), key
        # A forgotten translation is the English one: only names, and sentences of nothing but values, may be.
        alike = {key for key in EN if EN[key] == other[key] and re.search(r"[a-zA-Z]{2}", re.sub(r"\{\w+\}", "", EN[key]))}
        assert {key for key in alike if not key.startswith("genre.")} <= ALIKE


def test_every_sentence_that_is_named_exists_and_every_sentence_is_named():
    assert named() <= set(EN)
    assert {key for key in set(EN) - named() if not key.startswith(MADE)} == set()


def test_every_error_and_every_genre_has_a_sentence():
    description = yaml.safe_load((ROOT / "gateway" / "openapi.yaml").read_text())
    errors = re.findall(r"- `(\w+)`:", description["components"]["schemas"]["Failure"]["properties"]["error"]["description"])
    assert {f"error.{error}" for error in errors} | {"error.network", "error.other"} == {key for key in EN if key.startswith("error.")}
    told = (ROOT / "docs" / "interface.md").read_text().split("`error` is the service's word")[1].split("`reason`")[0]
    own = {key.split(".")[1] for key in EN if key.startswith("reason.")}
    assert set(re.findall(r"`(\w+)`", told)) == own | {"network", "other", "stopped"}
    assert {f"genre.{genre}" for genre in DESCRIPTIONS} == {key for key in EN if key.startswith("genre.")}


def test_the_document_is_english_until_a_language_is_chosen_and_says_nothing_else():
    texts = re.findall(r'data-word="([^"]+)"[^>]*>([^<]+)<', HTML)
    labels = re.findall(r'data-word-label="([^"]+)" aria-label="([^"]+)"', HTML)
    assert len(texts) > 70
    assert len(labels) > 5
    without = re.sub(r'data-word="[^"]+"[^>]*>[^<]+<', "><", re.sub(r"<!--.*?-->", "", HTML, flags=re.DOTALL))
    said = [text.strip() for text in re.findall(r">([^<]+)<", without) if text.strip()]
    # The name, what is typed, and what is read where no script runs.
    assert [text for text in said if not text.startswith(("Ragam", "curl -F", "/prediction", "This page needs JavaScript"))] == []
    assert [(key, unescape(text)) for key, text in texts + labels if EN[key] != unescape(text)] == []


def test_no_module_has_a_sentence_of_its_own():
    # What is exported for machines has fixed names; selectors and styles are no sentences.
    for name, text in SCRIPTS.items():
        code = re.sub(r"^\s*//.*$", "", text, flags=re.MULTILINE)
        literals = [a or b for a, b in re.findall(r'"((?:[^"\\\n]|\\.)*)"|`((?:[^`\\]|\\.)*)`', code)]
        said = [one for one in literals if re.search(r"[A-Za-z]{2,} [A-Za-z]{2,}", re.sub(r"\$\{[^}]*\}", "", one))]
        assert set(said) <= {"model genre", "JPEG XL"}, name


def test_what_may_be_no_painting_is_the_same_on_the_page_and_in_the_command():
    page = float(re.search(r"^const TYPICAL_FROM = ([\d.]+);$", SCRIPTS["session/certainty.js"], re.MULTILINE)[1])
    assert page == run.TYPICAL_FROM == TYPICAL_FROM


def test_percentages_are_written_as_the_page_writes_them():
    # As Intl does in both languages: 60%.
    read = [ROOT / "README.md", *ROOT.glob("docs/**/*.md"), *ROOT.glob("training/results/*.md")]
    told = {**TEXTS, **{str(path): path.read_text() for path in read}}
    assert [(name, line) for name, text in told.items() for line in text.splitlines() if re.search(r"\d\s%", line)] == []
