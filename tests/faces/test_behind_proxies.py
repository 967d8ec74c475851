"""Behind proxies as shipped and documented: Debian's Caddy with `Caddyfile`, Debian's nginx with the block of docs/operations.md."""

import json
import os
import re
import shutil
import ssl
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from page_actions import expect_answered
from playwright.sync_api import expect
from service import ROOT, Process, free_port, wait_until
from test_docs import try_out

OPERATIONS = (ROOT / "docs" / "operations.md").read_text()
REQUEST_ID = {"X-Request-ID": "from-the-client"}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("proxies")


@pytest.fixture(scope="module")
def gateway(another_gateway: Callable[..., Process]) -> Process:
    return another_gateway(RAGAM_TRUSTED_PROXIES="1")


@contextmanager
def running(folder: Path, ready: Callable[[], bool], program: str, *arguments: str, **environ: str) -> Iterator[None]:
    found = shutil.which(program) or shutil.which(program, path="/usr/sbin")
    if not found:
        pytest.fail(f"This needs {program}. On Debian: apt-get install caddy nginx-light", pytrace=False)
    with (folder / f"{program}.txt").open("wb") as output:
        process = subprocess.Popen([found, *arguments], env={"PATH": "/usr/bin:/bin", **environ}, stdout=output, stderr=output)
    try:
        wait_until(ready, what=f"the answer of {program}")
        yield
        process.terminate()
        process.wait(60)
    finally:
        process.kill()
        process.wait()


def answers(client: httpx.Client, path: str) -> bool:
    try:
        return client.get(path).status_code == 200
    except httpx.TransportError:
        return False


@pytest.fixture(scope="module")
def edge(gateway: Process, folder: Path) -> Iterator[httpx.Client]:
    """Of Caddy for localhost and for ragam.localhost, for both of which it is its own authority."""
    http, https = free_port(), free_port()
    root = folder / "caddy" / "pki" / "authorities" / "local" / "root.crt"
    names = {
        "DOMAIN": "localhost, ragam.localhost",
        "HTTP_PORT": str(http),
        "HTTPS_PORT": str(https),
        "GATEWAY": f"127.0.0.1:{gateway.port}",
    }
    names["GATEWAY"] = f"127.0.0.1:{gateway.port}"
    places = dict.fromkeys(("XDG_DATA_HOME", "XDG_CONFIG_HOME", "HOME"), str(folder))
    with running(folder, root.exists, "caddy", "run", f"--config={ROOT / 'Caddyfile'}", **names, **places):
        trust = ssl.create_default_context(cafile=str(root))
        with httpx.Client(verify=trust, base_url=f"https://localhost:{https}", timeout=60) as client:
            wait_until(lambda: answers(client, "/genres"), what="the gateway's answer")
            client.http = f"http://localhost:{http}"
            yield client


@pytest.fixture(scope="module")
def below(gateway: Process, folder: Path) -> Iterator[httpx.Client]:
    """Of nginx, which has the gateway at /ragam/."""
    [block] = re.findall(r"^```nginx\n(.*?)^```", OPERATIONS, re.MULTILINE | re.DOTALL)
    port = free_port()
    server = f"server {{\nlisten 127.0.0.1:{port};\n{block.replace('127.0.0.1:5000', f'127.0.0.1:{gateway.port}')}}}\n"
    kept = " ".join(f"{kind}_temp_path {folder}/{kind};" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
    config = folder / "nginx.conf"
    http = f"access_log off;\n{kept}\n{server}"
    # As root nginx would take another user, to whom this folder is closed.
    user = "user root;\n" if os.geteuid() == 0 else ""
    config.write_text(f"{user}daemon off;\nworker_processes 1;\npid {folder}/nginx.pid;\nevents {{ }}\nhttp {{\n{http}}}\n")
    client = httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=60)
    with client, running(folder, lambda: answers(client, "/ragam/genres"), "nginx", "-e", "stderr", "-c", str(config)):
        yield client


def test_https_for_the_domain_and_http_leads_there(edge: httpx.Client) -> None:
    answer = edge.get("/genres")
    assert "Server" not in answer.headers
    assert "Strict-Transport-Security" not in answer.headers, "it would be meant for all ports of localhost"
    options = {"headers": {"Host": "ragam.localhost"}, "extensions": {"sni_hostname": "ragam.localhost"}}
    assert edge.get("/genres", **options).headers["Strict-Transport-Security"] == "max-age=31536000"
    sent = httpx.get(f"{edge.http}/genres")
    assert (sent.status_code, sent.headers["Location"]) == (308, "https://localhost/genres")


def test_the_request_s_id_and_the_client_s_address_arrive(edge: httpx.Client, gateway: Process) -> None:
    answer = edge.get("/genres", headers={**REQUEST_ID, "X-Forwarded-For": "192.0.2.9"})
    assert answer.headers["X-Request-ID"] == "from-the-client"

    def lines() -> list[dict[str, object]]:
        return [json.loads(line) for line in gateway.text().splitlines() if '"from-the-client"' in line]

    wait_until(lines, what="the log's line")
    # Not the address that the client gave itself.
    assert {line["client"] for line in lines()} <= {"127.0.0.1", "::1"}


def test_the_edge_s_limits(edge: httpx.Client) -> None:
    for path in ("/metrics", "/healthz", "/readyz"):
        assert edge.get(path).status_code == 404
    assert edge.get("/genres", headers={"X-Long": "x" * 60_000}).status_code == 431
    assert edge.post("/predictions", files={"image": ("a.jpg", bytes(70 << 20))}).status_code == 413


def test_a_person_at_the_edge(edge: httpx.Client, visit) -> None:
    page = visit(str(edge.base_url).rstrip("/"), ignore_https_errors=True)
    page.get_by_role("button", name="Try the example discs").click()
    expect_answered(page, 1)


def test_a_person_below_a_path(below: httpx.Client, visit) -> None:
    address = str(below.base_url).rstrip("/")
    assert below.get("/ragam").headers["Location"].endswith("/ragam/")
    page = visit(address, "/ragam/")
    page.get_by_role("button", name="Try the example discs").click()
    expect_answered(page, 1)
    page.get_by_role("link", name="For programs").click()
    expect(try_out(page, "predict").locator("pre").first).to_contain_text("Success Predicting the Image")
    expect(page.locator("#operations-pictures-predict .request-url")).to_contain_text(f"{address}/ragam/prediction")


def test_uploads_and_what_is_hidden_below_a_path(below: httpx.Client) -> None:
    # Above nginx' own limit and below the gateway's: the gateway reads it, and finds no picture.
    assert below.post("/ragam/prediction", files={"image": ("a.jpg", bytes(5 << 20))}).status_code == 400
    assert below.get("/ragam/metrics").status_code == 404
    assert below.get("/ragam/genres", headers=REQUEST_ID).headers["X-Request-ID"] == "from-the-client"
