"""The examples, run as their readers run them, and the one for browsers in a browser."""

import json
import os
import shutil
import subprocess
import sys

import pytest
from service import ROOT

EXAMPLES = ROOT / "examples"
PAINTING = ROOT / "postman" / "pictures" / "painting.jpg"
COMMANDS = {
    "classify.sh": ["sh"],
    "classify.py": [sys.executable],
    "classify.mjs": ["node"],
    "classify.php": ["php"],
}


@pytest.mark.parametrize("name", COMMANDS)
def test_an_example_tells_the_genre(service, name):
    [program, *_] = COMMANDS[name]
    if not shutil.which(program):
        pytest.skip(f"{program} is not installed. On Debian: apt-get install php-cli php-curl")
    genre = service.post(PAINTING.read_bytes()).json()["data"]["image_types_prediction"]
    command = [*COMMANDS[name], EXAMPLES / name, PAINTING]
    environ = {**os.environ, "RAGAM_URL": service.address}
    done = subprocess.run(command, env=environ, capture_output=True, text=True, timeout=120, check=False)
    assert (done.returncode, genre in done.stdout) == (0, True), done.stderr


def test_the_function_for_browsers_in_a_browser(service, visit):
    # Of the page itself: elsewhere the policy lets nothing be asked.
    page = visit()
    source = (EXAMPLES / "classify.mjs").read_text().replace("export ", "").partition("\nif (globalThis")[0]
    call = "async (bytes) => (await classify('', new Blob([new Uint8Array(bytes)]), 'painting.jpg')).image_types_prediction"
    picture = PAINTING.read_bytes()
    genre = page.evaluate(f"async (bytes) => {{ {source}; return ({call})(bytes) }}", list(picture))
    assert genre == service.post(picture).json()["data"]["image_types_prediction"]


def test_the_workflow_sends_its_file_in_the_field_that_is_read():
    """n8n itself is not run."""
    form, request = json.loads((EXAMPLES / "n8n.json").read_text())["nodes"]
    [field] = form["parameters"]["formFields"]["values"]
    sent = request["parameters"]
    assert (sent["method"], sent["contentType"]) == ("POST", "multipart-form-data")
    assert sent["url"].endswith("/prediction")
    assert sent["bodyParameters"]["parameters"] == [
        {"parameterType": "formBinaryData", "name": "image", "inputDataFieldName": field["fieldLabel"]}
    ]


def test_an_example_is_short():
    assert all(len((EXAMPLES / name).read_text().splitlines()) <= 32 for name in COMMANDS)
