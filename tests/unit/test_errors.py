import inspect
import re

from gateway import errors


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
