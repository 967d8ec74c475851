"""What several files of the project say alike."""

import inspect
import re
import tomllib
from pathlib import Path

import yaml
from service import ROOT

from gateway import errors

PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("*/README.md"), *ROOT.glob("docs/**/*.md")])


def test_tensorflow_and_its_serving_api_are_the_one_version_and_serving_needs_neither():
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["ragam"]["tensorflow"]
    both = {"tensorflow", "tensorflow-serving-api"}
    for packages, names in (
        (both | {"tensorflow-cpu"}, ("messages.in", "messages.txt")),
        (both, ("training.in", "training.txt", "dev.txt")),
        (set(), ("gateway.txt", "model_server.txt", "tracing.txt")),
    ):
        for name in names:
            text = (ROOT / "requirements" / name).read_text()
            pins = re.findall(r"^(tensorflow|tensorflow-serving-api|tensorflow-cpu)==([^\s;]+)", text, re.MULTILINE)
            assert sorted(pins) == [(package, version) for package in sorted(packages)], name
            assert packages or "tensorflow" not in text, name


def test_every_requirement_is_pinned_with_hashes_and_names_no_index():
    paths = [*(ROOT / "requirements").glob("*.txt"), *(ROOT / "benchmarks" / "peers").glob("*/requirements.txt")]
    assert len(paths) >= 9
    for path in paths:
        text = path.read_text()
        pinned = [block for block in re.split(r"\n(?=[a-z0-9])", text) if "==" in block.splitlines()[0]]
        assert pinned, path
        assert all("--hash=sha256:" in block for block in pinned), path
        assert "://" not in text, path
        assert not re.search(r"^\s*--(extra-)?(index|find)", text, re.MULTILINE), path


def test_every_command_of_the_pages_and_step_of_ci_is_a_target():
    targets = set(re.findall(r"^([a-z0-9-]+):.*##", (ROOT / "Makefile").read_text(), re.MULTILINE))
    steps = re.search(r"steps=\(([a-z -]+)\)", (ROOT / ".ci" / "run").read_text())[1].split()
    jobs = yaml.safe_load((ROOT / ".github" / "workflows" / "ci.yml").read_text())["jobs"]
    assert jobs["step"]["strategy"]["matrix"]["step"] == steps
    named = {name for page in PAGES for name in re.findall(r"(?:`|\$ )make ([a-z0-9-]+)", page.read_text())}
    assert {"serve", "test", *steps} <= {*named, *steps} <= targets


def test_every_file_and_folder_that_the_readme_s_map_and_the_way_of_an_upload_name_exists():
    named = re.findall(r"^\| `([a-z0-9_]+/|[\w.]+\.(?:py|md))` \|", (ROOT / "README.md").read_text(), re.MULTILINE)
    way = (ROOT / "CONTRIBUTING.md").read_text().partition("## The way of an upload")[2].partition("\n## ")[0]
    files = re.findall(r"`([\w./]+)`", way)
    assert min(len(named), len(files)) >= 8
    assert [name for name in named if not (ROOT / name).exists()] == []
    assert [name for name in files if not any((ROOT / folder / name).exists() for folder in (".", "gateway", "gateway/front"))] == []


def anchors(page: Path) -> set[str]:
    """Of its headings, as code hosts name them."""
    headings = re.findall(r"^#+ (.*)$", page.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_every_link_of_a_page_leads_somewhere():
    links = [(page, target) for page in PAGES for target in re.findall(r"\]\(([^)\s]+)\)", page.read_text())]
    assert len(links) > 20
    for page, target in links:
        if re.match(r"[a-z]+:", target):
            continue
        name, _, anchor = target.partition("#")
        other = (page.parent / name).resolve() if name else page
        assert other.exists(), (page, target)
        assert not anchor or anchor in anchors(other), (page, target)


def test_every_error_has_a_word_of_its_own_and_the_description_lists_them_all():
    kinds = [kind for _, kind in inspect.getmembers(errors, inspect.isclass) if issubclass(kind, errors.RagamError)]
    words = [kind.error for kind in kinds if not kind.__subclasses__()]
    assert len(set(words)) == len(words)
    described = yaml.safe_load((ROOT / "gateway" / "openapi.yaml").read_text())["components"]["schemas"]["Failure"]["properties"]["error"]
    others = ["internal", "address_unknown", "method_not_allowed"]
    assert sorted(re.findall(r"^- `(\w+)`: ", described["description"], re.MULTILINE)) == sorted([*words, *others])
    assert all(re.fullmatch(described["pattern"], word) for word in words)
