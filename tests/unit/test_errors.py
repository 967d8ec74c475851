import inspect
import re

import yaml
from service import ROOT

from gateway import errors


def test_every_error_has_a_word_of_its_own_and_the_description_lists_them_all():
    kinds = [kind for _, kind in inspect.getmembers(errors, inspect.isclass) if issubclass(kind, errors.RagamError)]
    words = [kind.error for kind in kinds if not kind.__subclasses__()]
    assert len(set(words)) == len(words)
    described = yaml.safe_load((ROOT / "gateway" / "openapi.yaml").read_text())["components"]["schemas"]["Failure"]["properties"]["error"]
    others = ["internal", "address_unknown", "method_not_allowed"]
    assert sorted(re.findall(r"^- `(\w+)`: ", described["description"], re.MULTILINE)) == sorted([*words, *others])
    assert all(re.fullmatch(described["pattern"], word) for word in words)
