import inspect
import re
from pathlib import Path

import yaml

from gateway import errors

ROOT = Path(__file__).resolve().parents[2]


def test_the_tree_in_the_docstring_is_the_tree_of_classes():
    drawn = re.findall(r"^(?: +|.*[├└]── )([A-Z]\w+)(?: +(\d{3}))?", errors.__doc__.split("\n\n")[1], re.MULTILINE)
    defined = {name: kind for name, kind in inspect.getmembers(errors, inspect.isclass) if kind.__module__ == errors.__name__}
    assert {name for name, _ in drawn} == set(defined)
    for name, status in drawn:
        assert not status or int(status) == defined[name].status, name


def test_only_what_passes_by_itself_says_when_to_try_again():
    for kind in (errors.ServingUnavailable, errors.ServingBusy):
        assert kind.retry_after
    assert errors.WrongModel.retry_after is None


def test_every_error_has_a_word_of_its_own_and_the_description_lists_them_all():
    kinds = [kind for _, kind in inspect.getmembers(errors, inspect.isclass) if issubclass(kind, errors.RagamError)]
    leaves = [kind for kind in kinds if not kind.__subclasses__()]
    words = [kind.error for kind in leaves]
    assert len(set(words)) == len(words)
    assert "internal" not in words
    described = yaml.safe_load((ROOT / "gateway" / "openapi.yaml").read_text())["components"]["schemas"]["Failure"]["properties"]["error"]
    others = {"internal", "address_unknown", "method_not_allowed"}
    assert sorted(re.findall(r"^- `(\w+)`: ", described["description"], re.MULTILINE)) == sorted({*words, *others})
    assert all(re.fullmatch(described["pattern"], word) for word in words)
