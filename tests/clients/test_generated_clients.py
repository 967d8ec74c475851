"""Clients that are generated from the description, against the real service, and the description before two linters."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest
from service import ROOT, both_servers

HERE = Path(__file__).parent
DESCRIPTION = ROOT / "gateway" / "openapi.yaml"
PICTURES = ROOT / "postman" / "pictures"
GENERATE = ROOT / "build" / "clients" / "bin" / "openapi-python-client"
# The two libraries of the Java client that the generator's own jar does not hold.
JARS = [Path("/usr/share/java") / name for name in ("httpmime.jar", "geronimo-annotation-1.3-spec.jar")]


@pytest.fixture(scope="module")
def service(tmp_path_factory):
    model = max((ROOT / "model_repository" / "painting_genre").glob("[0-9]*"), key=lambda version: int(version.name))
    with both_servers(tmp_path_factory.mktemp("service"), model) as service:
        yield service


@pytest.fixture(scope="module")
def expected(service):
    data = (PICTURES / "painting.jpg").read_bytes()
    told = service.post(data, query="?details=true&similar=true").json()["data"]
    return {
        "genre": told["image_types_prediction"],
        "scores": len(told["scores"]),
        "version": told["model"]["version"],
        "certain": told["certain"],
        "artist": told["similar"][0]["artist"],
        "many": [200, 400],
        "png": b"\x89PNG\r\n\x1a\n".hex(),
        "heatmap": 7,
        "error": "extension_unsupported",
        "genres": len(told["scores"]),
    }


def run(*command, cwd=HERE):
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, timeout=600, check=False)
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-4000:]
    return done.stdout


def node(name):
    return HERE / "node_modules" / ".bin" / name


def test_redocly_has_nothing_against_the_description():
    found = json.loads(run(node("redocly"), "lint", "--format=json", DESCRIPTION))
    assert found["totals"] == {"errors": 0, "warnings": 0, "ignored": 0}


def test_spectral_has_nothing_against_the_description():
    run(node("spectral"), "lint", "--fail-severity=hint", f"--ruleset={HERE / '.spectral.yaml'}", DESCRIPTION)


def test_python_by_openapi_python_client(service, expected, tmp_path):
    options = [f"--path={DESCRIPTION}", f"--config={HERE / 'openapi-python-client.yaml'}", f"--output-path={tmp_path / 'client'}"]
    run(GENERATE, "generate", *options)
    python = GENERATE.with_name("python")
    assert json.loads(run(python, HERE / "read.py", tmp_path / "client", service.address, PICTURES)) == expected


def test_typescript_by_openapi_typescript(service, expected, tmp_path):
    """Strict: what the types do not know does not compile."""
    for name in ("package.json", "read.ts"):
        (tmp_path / name).write_text((HERE / name).read_text())
    (tmp_path / "node_modules").symlink_to(HERE / "node_modules")
    run(node("openapi-typescript"), DESCRIPTION, "-o", tmp_path / "schema.d.ts")
    run(node("tsc"), "--strict", "--target", "es2022", "--module", "nodenext", "--skipLibCheck", "read.ts", cwd=tmp_path)
    assert json.loads(run("node", "read.js", service.address, PICTURES, cwd=tmp_path)) == expected


def test_java_by_openapi_generator(service, expected, tmp_path):
    """As generated. Jackson and Apache's HTTP client are those within the generator's own jar."""
    if not shutil.which("javac") or not all(jar.exists() for jar in JARS):
        packages = "default-jdk-headless libhttpmime-java libgeronimo-annotation-1.3-spec-java"
        pytest.skip(f"A JDK or a library is missing. On Debian: apt-get install {packages}")
    [generator] = GENERATE.parents[1].rglob("openapi-generator.jar")
    client, classes = tmp_path / "client", tmp_path / "classes"
    # Without it a library is needed that Debian does not have.
    options = ["--library=native", "--additional-properties=openApiNullable=false"]
    run("java", "-jar", generator, "generate", "-g", "java", *options, "-i", DESCRIPTION, "-o", client)
    path = ":".join(map(str, [classes, generator, *JARS]))
    sources = sorted((client / "src" / "main").rglob("*.java"))
    run("javac", "-proc:none", "-nowarn", "-d", classes, "-cp", path, *sources, HERE / "Read.java")
    assert json.loads(run("java", "-cp", path, "Read", service.address, PICTURES)) == expected
