"""What several files of the project say alike."""

import re
import tomllib
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("*/README.md"), *ROOT.glob("docs/**/*.md")])


def test_tensorflow_and_its_serving_api_are_the_one_version():
    packages = {"tensorflow", "tensorflow-serving-api"}
    named = {
        "messages.in": {"tensorflow-cpu"},
        "messages.txt": {"tensorflow-cpu"},
        "training.in": set(),
        "training.txt": set(),
        "dev.txt": set(),
    }
    for name, others in named.items():
        text = (ROOT / "requirements" / name).read_text()
        pins = re.findall(r"^(tensorflow|tensorflow-serving-api|tensorflow-cpu)==([^\s;]+)", text, re.MULTILINE)
        assert sorted(pins) == [(package, PROJECT["tool"]["ragam"]["tensorflow"]) for package in sorted(packages | others)], name


def test_serving_needs_no_tensorflow():
    for name in ("gateway.txt", "model_server.txt", "tracing.txt"):
        assert "tensorflow" not in (ROOT / "requirements" / name).read_text(), name


@pytest.mark.parametrize(
    "path",
    sorted([*(ROOT / "requirements").glob("*.txt"), *(ROOT / "benchmarks" / "peers").glob("*/requirements.txt")]),
    ids=lambda path: f"{path.parent.name}/{path.name}",
)
def test_every_requirement_is_pinned_with_hashes_and_names_no_index(path):
    text = path.read_text()
    blocks = re.split(r"\n(?=[a-z0-9])", text)
    pinned = [block for block in blocks if "==" in block.splitlines()[0]]
    assert len(pinned) >= 3
    assert all("--hash=sha256:" in block for block in pinned)
    assert "://" not in text
    assert not re.search(r"^\s*--(extra-)?(index|find)", text, re.MULTILINE)


def targets():
    return set(re.findall(r"^([a-z0-9-]+):.*##", (ROOT / "Makefile").read_text(), re.MULTILINE))


def test_the_workflow_has_a_job_for_every_step_of_ci_run():
    steps = re.search(r"steps=\(([a-z -]+)\)", (ROOT / ".ci" / "run").read_text())[1].split()
    jobs = yaml.safe_load((ROOT / ".github" / "workflows" / "ci.yml").read_text())["jobs"]
    assert jobs["step"]["strategy"]["matrix"]["step"] == steps
    assert set(steps) <= targets()


def test_every_command_of_the_pages_is_a_target():
    named = set()
    for document in PAGES:
        named |= set(re.findall(r"(?:`|\$ )make ([a-z0-9-]+)", document.read_text()))
    assert {"serve", "test"} <= named <= targets()


def test_every_folder_on_the_readme_s_map_exists():
    named = re.findall(r"^\| `([a-z0-9_]+/|[\w.]+\.(?:py|md))` \|", (ROOT / "README.md").read_text(), re.MULTILINE)
    assert len(named) >= 8
    assert all((ROOT / name).exists() for name in named)


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
