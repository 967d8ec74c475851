"""One table of the routes and their answers; application, description, Postman collection and docs/interface.md are held to it."""

import inspect
import json
import re
import tomllib
from io import BytesIO
from pathlib import Path

import jsonschema
import pytest
import yaml
from openapi_spec_validator import validate

import gateway
from gateway import errors
from gateway.prediction import SimilarWork

ROOT = Path(__file__).resolve().parents[3]

PICTURE = {200, 400, 401, 413, 415, 429, 500, 502, 503, 504}
ANSWERS = {
    ("GET", "/"): {200},
    ("POST", "/prediction"): PICTURE,
    ("POST", "/predictions"): PICTURE,
    ("POST", "/explanation"): PICTURE,
    ("POST", "/explanation/picture"): PICTURE,
    ("POST", "/explanation/heatmap"): PICTURE,
    ("GET", "/genres"): {200, 500, 502, 503, 504},
    ("GET", "/openapi.yaml"): {200},
    ("GET", "/docs"): {200},
    ("GET", "/healthz"): {200},
    ("GET", "/readyz"): {200, 500, 503},
    ("GET", "/metrics"): {200},
}
OF_ROUTES = set().union(*ANSWERS.values())
# What an address or a method that is not in the table gets.
ELSEWHERE = {404, 405}
# What the front answers at any address, to what is no request or none in time. It answers 400 and 503 at any address too.
BY_THE_FRONT = {408, 414, 417, 431, 501}
# These need a gateway or a model that is set up for it: no request to a running service makes them.
FROM_INSIDE = {401, 429, 500, 502, 504}
# How the description has what the front answers: without these a generated client has an empty answer, or none.
ANYWHERE = {"4XX", "5XX"}

# Files of the two pages, no part of the interface.
OF_A_PAGE = {"/docs/<name>", "/page/<path:name>"}

DESCRIPTION = yaml.safe_load((ROOT / "gateway" / "openapi.yaml").read_text())
POSTMAN = ROOT / "postman"
COLLECTIONS = [json.loads(path.read_text()) for path in sorted(POSTMAN.rglob("*.postman_collection.json"))]
PAGE = (ROOT / "docs" / "interface.md").read_text()


def operations():
    return {(method.upper(), path): operation for path, methods in DESCRIPTION["paths"].items() for method, operation in methods.items()}


def items():
    """Of both collections; the second has no folders."""
    entries = [entry for collection in COLLECTIONS for entry in collection["item"]]
    return [item for entry in entries for item in entry.get("item", [entry])]


def route(request):
    return request["method"], "/" + "/".join(request["url"]["path"])


def test_the_application_has_these_routes(client):
    rules = [rule for rule in client.application.url_map.iter_rules() if rule.rule not in OF_A_PAGE]
    assert {(method, rule.rule) for rule in rules for method in rule.methods - {"HEAD", "OPTIONS"}} == set(ANSWERS)


def test_the_description_is_valid_and_has_these_routes_and_answers():
    described = {key: set(operation["responses"]) - ANYWHERE for key, operation in operations().items()}
    assert described == {key: {str(status) for status in statuses} for key, statuses in ANSWERS.items()}
    validate(DESCRIPTION)
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert DESCRIPTION["info"]["version"] == project["version"] == gateway.__version__


def test_the_page_on_the_interface_has_these_routes_and_errors():
    table = PAGE[: PAGE.index("## Pictures")]
    assert set(re.findall(r"^\| `([A-Z]+) (/[^`?]*)", table, re.MULTILINE)) == set(ANSWERS)
    table = PAGE[PAGE.index("## Errors") : PAGE.index("## Connections")]
    told = {int(code) for codes in re.findall(r"^\| ([\d, ]+) \|", table, re.MULTILINE) for code in codes.split(", ")}
    assert told == {status for status in OF_ROUTES if status >= 400} | ELSEWHERE | BY_THE_FRONT


def test_every_error_of_the_gateway_is_an_answer_that_is_described():
    kinds = [kind for _, kind in inspect.getmembers(errors, inspect.isclass) if kind.__module__ == errors.__name__]
    assert {kind.status.value for kind in kinds} <= OF_ROUTES | BY_THE_FRONT
    told = re.findall(r"\((\d{3})\)", DESCRIPTION["info"]["description"])
    assert {int(status) for status in told} >= BY_THE_FRONT


def test_clients_that_are_generated_read_every_error():
    """A status that an operation does not list, too; and the headers that are promised are in each answer."""
    for key, operation in operations().items():
        assert set(operation["responses"]) >= ANYWHERE, key
    responses = DESCRIPTION["components"]["responses"]
    for name in ("Refused", "NotServed"):
        assert responses[name]["content"]["application/json"]["schema"] == {"$ref": "#/components/schemas/Failed"}
    assert errors.ClientGone.retry_after is None
    assert not responses["Unavailable"]["headers"]["Retry-After"].get("required")


def test_clients_that_are_generated_take_new_keys():
    for name in ("Prediction", "Score", "Model", "SimilarWork", "Explanation"):
        assert DESCRIPTION["components"]["schemas"][name]["additionalProperties"] is True, name


@pytest.mark.parametrize("route", ["/prediction", "/predictions"])
@pytest.mark.parametrize("is_whole", [False, True])
def test_answers_keep_the_description_whatever_the_version_tells(client, classifier, picture, route, is_whole):
    if is_whole:
        classifier.more = {"typicality": 0.01, "certain": False, "expected_accuracy": 0.4}
        classifier.works = (SimilarWork("An Artist", "", 0.5), SimilarWork("", "", -0.5))
    for query in ("", "?details=true&similar=true"):
        answer = client.post(route + query, data={"image": (BytesIO(picture()), "a.jpg")})
        schema = operations()["POST", route]["responses"]["200"]["content"]["application/json"]["schema"]
        jsonschema.Draft202012Validator({**schema, "components": DESCRIPTION["components"]}).validate(answer.json)


def test_the_collections_ask_for_every_answer_that_can_be_had():
    asked = {}
    for item in items():
        asked.setdefault(route(item["request"]), set()).update(example["code"] for example in item["response"])
    for key, statuses in ANSWERS.items():
        assert asked[key] == statuses - FROM_INSIDE, key
    others = {key: statuses for key, statuses in asked.items() if key not in ANSWERS and key[0] not in {"HEAD", "OPTIONS"}}
    assert set().union(*others.values()) == ELSEWHERE


def test_the_collections_name_no_machine_but_in_one_variable_and_their_files_come_with_them():
    assert {item["request"]["url"]["host"][0] for item in items()} == {"{{baseUrl}}"}
    for collection in COLLECTIONS:
        assert not re.search(r"127\.0\.0\.1|localhost|/tmp/|/home/", json.dumps({**collection, "variable": []}))
    sent = {part["src"] for item in items() for part in item["request"].get("body", {}).get("formdata", []) if part["type"] == "file"}
    assert sent == {f"pictures/{file.name}" for file in (POSTMAN / "pictures").iterdir()}
