"""Behind proxies as shipped and documented: Debian's Caddy with `Caddyfile`, Debian's nginx with the block of docs/operations.md."""

import json
import os
import re
import shutil
import ssl
import subprocess
from collections.abc import Callable, Iterator
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
    """One that trusts a proxy."""
    return another_gateway(RAGAM_TRUSTED_PROXIES="1")


def _answers(address: str, **options: object) -> bool:
    try:
        return httpx.get(address, **options).status_code == 200
    except httpx.TransportError:
        return False


def _run(folder: Path, program: str, *arguments: str, **environ: str) -> subprocess.Popen[bytes]:
    found = shutil.which(program) or shutil.which(program, path="/usr/sbin")
    if not found:
        pytest.fail(f"This needs {program}. On Debian: apt-get install caddy nginx-light", pytrace=False)
    with (folder / f"{program}.txt").open("wb") as output:
        return subprocess.Popen([found, *arguments], env={"PATH": "/usr/bin:/bin", **environ}, stdout=output, stderr=output)


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(60)
    finally:
        process.kill()
        process.wait()


class Edge:
    """Caddy for localhost and for ragam.localhost, for both of which it is its own authority."""

    def __init__(self, folder: Path, gateway: Process) -> None:
        self.http, self.https = free_port(), free_port()
        self.address = f"https://localhost:{self.https}"
        self.root = folder / "caddy" / "pki" / "authorities" / "local" / "root.crt"
        self.process = _run(
            folder,
            "caddy",
            "run",
            f"--config={ROOT / 'Caddyfile'}",
            DOMAIN="localhost, ragam.localhost",
            HTTP_PORT=str(self.http),
            HTTPS_PORT=str(self.https),
            GATEWAY=f"127.0.0.1:{gateway.port}",
            XDG_DATA_HOME=str(folder),
            XDG_CONFIG_HOME=str(folder),
            HOME=str(folder),
        )

    def client(self) -> httpx.Client:
        return httpx.Client(verify=ssl.create_default_context(cafile=str(self.root)), base_url=self.address, timeout=60)

    def ready(self) -> bool:
        if not self.root.exists():
            return False
        try:
            with self.client() as client:
                return client.get("/genres").status_code == 200
        except httpx.TransportError:
            return False


@pytest.fixture(scope="module")
def edge(gateway: Process, folder: Path) -> Iterator[Edge]:
    edge = Edge(folder, gateway)
    try:
        wait_until(edge.ready, what="Caddy's answer")
        yield edge
    finally:
        _end(edge.process)


@pytest.fixture(scope="module")
def below(gateway: Process, folder: Path) -> Iterator[str]:
    """The address of nginx, which has the gateway at /ragam/."""
    [block] = re.findall(r"^```nginx\n(.*?)^```", OPERATIONS, re.MULTILINE | re.DOTALL)
    port = free_port()
    server = f"server {{\nlisten 127.0.0.1:{port};\n{block.replace('127.0.0.1:5000', f'127.0.0.1:{gateway.port}')}}}\n"
    kept = " ".join(f"{kind}_temp_path {folder}/{kind};" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
    config = folder / "nginx.conf"
    http = f"access_log off;\n{kept}\n{server}"
    # As root nginx would take another user, to whom this folder is closed.
    user = "user root;\n" if os.geteuid() == 0 else ""
    config.write_text(f"{user}daemon off;\nworker_processes 1;\npid {folder}/nginx.pid;\nevents {{ }}\nhttp {{\n{http}}}\n")
    process = _run(folder, "nginx", "-e", "stderr", "-c", str(config))
    address = f"http://127.0.0.1:{port}"
    try:
        wait_until(lambda: _answers(f"{address}/ragam/genres"), what="nginx' answer")
        yield address
    finally:
        _end(process)


def lines_of(gateway: Process, request_id: str) -> list[dict[str, object]]:
    lines = [json.loads(line) for line in gateway.text().splitlines() if line.startswith("{")]
    return [line for line in lines if line.get("request_id") == request_id]


def test_https_for_the_domain_and_http_leads_there(edge: Edge) -> None:
    with edge.client() as client:
        answer = client.get("/genres")
        assert answer.status_code == 200
        assert "Server" not in answer.headers
        assert "Strict-Transport-Security" not in answer.headers, "it would be meant for all ports of localhost"
        options = {"headers": {"Host": "ragam.localhost"}, "extensions": {"sni_hostname": "ragam.localhost"}}
        assert client.get("/genres", **options).headers["Strict-Transport-Security"] == "max-age=31536000"
    sent = httpx.get(f"http://localhost:{edge.http}/genres")
    assert (sent.status_code, sent.headers["Location"]) == (308, "https://localhost/genres")


def test_the_request_s_id_and_the_client_s_address_arrive(edge: Edge, gateway: Process) -> None:
    with edge.client() as client:
        answer = client.get("/genres", headers={**REQUEST_ID, "X-Forwarded-For": "192.0.2.9"})
        assert answer.headers["X-Request-ID"] == "from-the-client"
        assert client.get("/genres").headers["X-Request-ID"]
    wait_until(lambda: lines_of(gateway, "from-the-client"), what="the log's line")
    # Not the address that the client gave itself.
    assert {line["client"] for line in lines_of(gateway, "from-the-client")} <= {"127.0.0.1", "::1"}


def test_the_edge_s_limits(edge: Edge) -> None:
    with edge.client() as client:
        for path in ("/metrics", "/healthz", "/readyz"):
            assert client.get(path).status_code == 404
        assert client.get("/genres", headers={"X-Long": "x" * 60_000}).status_code == 431
    with edge.client() as client:
        assert client.post("/predictions", files={"image": ("a.jpg", bytes(70 << 20))}).status_code == 413


def test_a_person_at_the_edge(edge: Edge, visit) -> None:
    page = visit(edge.address, ignore_https_errors=True)
    page.get_by_role("button", name="Try the example discs").click()
    expect_answered(page, 1)


def test_a_person_below_a_path(below: str, visit) -> None:
    assert httpx.get(f"{below}/ragam").headers["Location"].endswith("/ragam/")
    page = visit(below, "/ragam/")
    page.get_by_role("button", name="Try the example discs").click()
    expect_answered(page, 1)
    page.get_by_role("link", name="For programs").click()
    expect(try_out(page, "predict").locator("pre").first).to_contain_text("Success Predicting the Image")
    expect(page.locator("#operations-pictures-predict .request-url")).to_contain_text(f"{below}/ragam/prediction")


def test_uploads_and_what_is_hidden_below_a_path(below: str) -> None:
    # Above nginx' own limit and below the gateway's: the gateway reads it, and finds no picture.
    assert httpx.post(f"{below}/ragam/prediction", files={"image": ("a.jpg", bytes(5 << 20))}, timeout=60).status_code == 400
    assert httpx.get(f"{below}/ragam/metrics").status_code == 404
    assert httpx.get(f"{below}/ragam/genres", headers=REQUEST_ID).headers["X-Request-ID"] == "from-the-client"
