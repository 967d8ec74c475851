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
# What an address or a method that is not in the table gets.
ELSEWHERE = {404, 405}
# What the front answers at any address, to what is no request or none in time. It answers 400 and 503 at any address too.
BY_THE_FRONT = {408, 414, 417, 431, 501}
# These need a gateway or a model that is set up for it: no request to a running service makes them.
FROM_INSIDE = {401, 429, 500, 502, 504}

# Files of the two pages, no part of the interface.
OF_A_PAGE = {"/docs/<name>", "/page/<path:name>"}

DESCRIPTION = yaml.safe_load((ROOT / "gateway" / "openapi.yaml").read_text())
POSTMAN = ROOT / "postman"
COLLECTIONS = [json.loads(path.read_text()) for path in sorted(POSTMAN.rglob("*.postman_collection.json"))]
PAGE = (ROOT / "docs" / "interface.md").read_text()


def resolved(node):
    """`node` of the description, with what a $ref names in its place."""
    while "$ref" in node:
        found = DESCRIPTION
        for key in node["$ref"].removeprefix("#/").split("/"):
            found = found[key]
        node = found
    return node


def operations():
    return {(method.upper(), path): operation for path, methods in DESCRIPTION["paths"].items() for method, operation in methods.items()}


def items():
    """Of both collections; the second has no folders."""
    entries = [entry for collection in COLLECTIONS for entry in collection["item"]]
    return [item for entry in entries for item in entry.get("item", [entry])]


def route(request):
    return request["method"], "/" + "/".join(request["url"]["path"])


def schema_of(key, status, content_type):
    """The schema of an answer's body, its references within the whole description."""
    content = resolved(operations()[key]["responses"][str(status)])["content"]
    return {**content[content_type.partition(";")[0]]["schema"], "components": DESCRIPTION["components"]}


def test_the_application_has_these_routes(client):
    rules = [rule for rule in client.application.url_map.iter_rules() if rule.rule not in OF_A_PAGE]
    assert {(method, rule.rule) for rule in rules for method in rule.methods - {"HEAD", "OPTIONS"}} == set(ANSWERS)


def test_the_description_is_valid_openapi_3_1():
    assert DESCRIPTION["openapi"].startswith("3.1.")
    validate(DESCRIPTION)
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert DESCRIPTION["info"]["version"] == project["version"] == gateway.__version__


def test_the_description_has_these_routes_and_answers():
    described = {key: set(operation["responses"]) - {"4XX"} for key, operation in operations().items()}
    assert described == {key: {str(status) for status in statuses} for key, statuses in ANSWERS.items()}


def test_the_page_on_the_interface_has_these_routes():
    table = PAGE[: PAGE.index("## Pictures")]
    assert set(re.findall(r"^\| `([A-Z]+) (/[^`?]*)", table, re.MULTILINE)) == set(ANSWERS)


def test_the_page_on_the_interface_has_these_errors():
    table = PAGE[PAGE.index("## Errors") : PAGE.index("## Connections")]
    told = {int(code) for codes in re.findall(r"^\| ([\d, ]+) \|", table, re.MULTILINE) for code in codes.split(", ")}
    assert told == {status for statuses in ANSWERS.values() for status in statuses if status >= 400} | ELSEWHERE | BY_THE_FRONT


def test_the_description_tells_what_the_front_answers():
    told = re.findall(r"\((\d{3})\)", DESCRIPTION["info"]["description"])
    assert {int(status) for status in told} >= BY_THE_FRONT


def test_every_error_of_the_gateway_is_an_answer():
    kinds = [kind for _, kind in inspect.getmembers(errors, inspect.isclass) if kind.__module__ == errors.__name__]
    assert {kind.status.value for kind in kinds} <= {status for statuses in ANSWERS.values() for status in statuses} | BY_THE_FRONT


def test_every_answer_has_an_example_that_keeps_its_schema():
    for key, operation in operations().items():
        for status, reference in operation["responses"].items():
            response = resolved(reference)
            assert "X-Request-ID" in response["headers"], (key, status)
            for content_type, media in response["content"].items():
                if content_type != "image/png":
                    check_examples(key, status, content_type, media)


def check_examples(key, status, content_type, media):
    examples = [media["example"]] if "example" in media else [resolved(one)["value"] for one in media.get("examples", {}).values()]
    assert examples, (key, status, content_type)
    for example in examples:
        jsonschema.Draft202012Validator(schema_of(key, status, content_type)).validate(example)
        if content_type == "application/json":
            assert status in (str(example["status"]["code"]), "4XX"), key


def test_clients_that_are_generated_take_new_keys_and_choose_between_no_answers():
    """A generator makes a client that refuses what it does not know where nothing is said, and reads the first of a union."""
    schemas = DESCRIPTION["components"]["schemas"]
    for name in ("Prediction", "Score", "Model", "SimilarWork", "Explanation"):
        assert schemas[name]["additionalProperties"] is True, name
    text = (ROOT / "gateway" / "openapi.yaml").read_text()
    assert not re.search(r"anyOf|allOf|additionalProperties: false|enum:|const:", text)
    for choices in re.findall(r"oneOf:\n((?: +- .*\n)+)", text):
        assert re.fullmatch(r' +- \{\$ref: "[#/\w]+"\}\n +- \{type: "null"\}\n', choices)


@pytest.mark.parametrize("route", ["/prediction", "/predictions"])
@pytest.mark.parametrize("query", ["", "?details=true", "?similar=true", "?details=true&similar=true"])
@pytest.mark.parametrize("is_whole", [False, True])
def test_answers_keep_the_description_whatever_the_version_tells(client, classifier, picture, route, query, is_whole):
    if is_whole:
        classifier.more = {"typicality": 0.01, "certain": False, "expected_accuracy": 0.4}
        classifier.works = (SimilarWork("An Artist", "", 0.5), SimilarWork("", "", -0.5))
    answer = client.post(route + query, data={"image": (BytesIO(picture()), "a.jpg")})
    jsonschema.Draft202012Validator(schema_of(("POST", route), 200, "application/json")).validate(answer.json)


def test_the_example_of_another_schema_is_refused():
    example = {"status": {"code": 200, "message": "OK"}, "data": None}
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.Draft202012Validator(schema_of(("GET", "/genres"), 200, "application/json")).validate(example)


def test_the_collections_ask_for_every_answer_that_can_be_had():
    asked = {}
    for item in items():
        asked.setdefault(route(item["request"]), set()).update(example["code"] for example in item["response"])
    for key, statuses in ANSWERS.items():
        assert asked[key] == statuses - FROM_INSIDE, key
    others = {key: statuses for key, statuses in asked.items() if key not in ANSWERS and key[0] not in {"HEAD", "OPTIONS"}}
    assert set().union(*others.values()) == ELSEWHERE


def test_every_request_of_the_collections_has_tests_and_an_example():
    for item in items():
        [example] = item["response"]
        script = "\n".join(item["event"][0]["script"]["exec"])
        assert f"pm.response.to.have.status({example['code']})" in script, item["name"]
        assert item["event"][0]["listen"] == "test", item["name"]
        key = route(item["request"])
        headers = {header["key"]: header["value"] for header in example["header"]}
        if headers.get("Content-Type") != "application/json" or key[0] == "HEAD":
            continue
        if example["code"] in ELSEWHERE:
            schema = {**DESCRIPTION["components"]["schemas"]["Failed"], "components": DESCRIPTION["components"]}
        else:
            schema = schema_of(key, example["code"], "application/json")
        jsonschema.Draft202012Validator(schema).validate(json.loads(example["body"]))


def test_every_sentence_that_a_bad_picture_gets_is_in_the_collections():
    told = " ".join(example["body"] for item in items() for example in item["response"])
    for error in (
        errors.BadQuery("details", "true or false"),
        errors.UnknownParameter("detail", ("details", "similar")),
        errors.UnknownParameter("details", ()),
        errors.CompressedBody("gzip"),
        errors.MissingPicture(),
        errors.MissingForm(),
        errors.MissingBoundary(),
        errors.UnreadableForm(),
        errors.UnknownField("file"),
        errors.MissingFileName(),
        errors.TooManyPictures(2, 1, "This address takes one; /predictions takes up to 16."),
        errors.WrongExtension(".jpg"),
        errors.UnsupportedFormat("a WebP picture", "Save it as JPEG or PNG and send that."),
        errors.TooManyPictures(17, 16),
        errors.EmptyPicture(),
        errors.WrongExtension(),
        errors.UnreadablePicture(),
        errors.TooManySegments(),
        errors.TooManyBytes(20 * 1024 * 1024),
        errors.TooManyBatchBytes(64 * 1024 * 1024),
        errors.TooCostly(21.5, "memory"),
        errors.ServingUnavailable(),
    ):
        assert error.detail in told


def test_the_collections_name_no_machine_but_in_one_variable():
    assert {item["request"]["url"]["host"][0] for item in items()} == {"{{baseUrl}}"}
    for collection in COLLECTIONS:
        text = json.dumps({**collection, "variable": []})
        assert not re.search(r"127\.0\.0\.1|localhost|/tmp/|/home/", text)
        assert [variable["key"] for variable in collection["variable"]] == ["baseUrl", "apiKey"]


def test_the_files_that_the_collections_send_come_with_them():
    sent = {part["src"] for item in items() for part in item["request"].get("body", {}).get("formdata", []) if part["type"] == "file"}
    assert sent == {f"pictures/{file.name}" for file in (POSTMAN / "pictures").iterdir()}
    made = set(re.findall(r'^        "([\w.]+)": ', (POSTMAN / "pictures.py").read_text(), re.MULTILINE))
    assert sent == {f"pictures/{name}" for name in made}
