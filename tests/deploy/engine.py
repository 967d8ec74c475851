"""A Docker engine for the tests: the one that answers already, or one of their own, with Compose and buildx.

    python tests/deploy/engine.py        runs one until Ctrl-C and prints the two variables that `docker` needs to find it

On Debian 12, as root, all of it comes from Debian: the engine from bookworm, Compose v2 and buildx from trixie, and the base
image, where no registry can be reached, by debootstrap. The engine has a folder of its own for everything, and is stopped by
its own process id. Its iptables chains, its bridge docker0 and net.ipv4.ip_forward=1 stay behind.
"""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

PYTHON_IMAGE = "python:3.11-slim"
DEBOOTSTRAPPED_IMAGE = "ragam-base:bookworm"
DEBIAN_SOURCES = Path("/etc/apt/sources.list.d/debian.sources")
CA_BUNDLE = Path("/etc/ssl/certs/ca-certificates.crt")
PLUGINS = ("docker-compose", "docker-buildx")
START_SECONDS = PULL_SECONDS = 30
# Of one command. What takes longer hangs, on a network say.
STEP_SECONDS = 900


class NoEngine(Exception):
    """Why there is no engine to be had here, in one sentence."""


@dataclass(frozen=True)
class Engine:
    """`environ` is what `docker` needs beside this process' own variables; `base_image` is Python 3.11 on Debian."""

    environ: dict[str, str]
    base_image: str

    def docker(self, *arguments: str, timeout: float = 600, check: bool = True) -> subprocess.CompletedProcess[str]:
        return _run("docker", *arguments, environ=self.environ, timeout=timeout, check=check)


@contextmanager
def running_engine() -> Iterator[Engine]:
    """Raises NoEngine where there is none and none can be had."""
    if _answers({}):
        if _run("docker", "compose", "version", check=False).returncode or _run("docker", "buildx", "version", check=False).returncode:
            raise NoEngine("A Docker engine answers here, but its client has no Compose v2 or no buildx: install these plugins.")
        with tempfile.TemporaryDirectory() as folder:
            image = _base_image({}, Path(folder))
        yield Engine({}, image)
        return
    if os.geteuid() or not shutil.which("apt-get") or not DEBIAN_SOURCES.exists():
        raise NoEngine(
            "No Docker engine answers here, and one of our own needs root and apt-get (Debian 12). Start Docker, then try again."
        )
    folder = Path(tempfile.mkdtemp(prefix="ragam-engine-"))
    environ = {"DOCKER_HOST": f"unix://{folder}/docker.sock", "DOCKER_CONFIG": str(folder / "client"), "DOCKER_BUILDKIT": "1"}
    try:
        _install()
        _install_plugins(folder)
        with _daemon(folder, environ):
            yield Engine(environ, _base_image(environ, folder))
    finally:
        _remove(folder)


def _install() -> None:
    # Without a runlevel Debian's package would start an engine on the usual socket.
    environ = {"DEBIAN_FRONTEND": "noninteractive", "RUNLEVEL": "1"}
    wanted = ["docker.io", "debootstrap", "iptables", "ca-certificates"]
    if shutil.which("dockerd") and shutil.which("debootstrap") and shutil.which("iptables"):
        return
    _apt("update", environ=environ)
    _apt("install", "--yes", "--no-install-recommends", *wanted, environ=environ)


def _install_plugins(folder: Path) -> None:
    """Bookworm has Compose v1 and no buildx; trixie's packages need nothing that bookworm has not."""
    trixie = folder / "trixie"
    for name in ("sources", "lists/partial", "debs"):
        (trixie / name).mkdir(parents=True)
    # apt fetches as a user of its own.
    for path in (folder, trixie, trixie / "debs"):
        path.chmod(0o755)
    stanza = DEBIAN_SOURCES.read_text().split("\n\n")[0]
    lines = ["Suites: trixie" if line.startswith("Suites:") else line for line in stanza.splitlines()]
    (trixie / "sources" / "trixie.sources").write_text("\n".join(lines) + "\n")
    isolated = [f"Dir::Etc::SourceList={os.devnull}", f"Dir::Etc::SourceParts={trixie}/sources", f"Dir::State::Lists={trixie}/lists"]
    options = [word for option in (*isolated, "APT::Sandbox::User=root") for word in ("-o", option)]
    _apt(*options, "update")
    _apt(*options, "download", *PLUGINS, cwd=trixie / "debs")
    plugins = folder / "client" / "cli-plugins"
    plugins.mkdir(parents=True)
    for package in (trixie / "debs").glob("*.deb"):
        _run("dpkg", "-x", str(package), str(trixie / "root"))
    for name in PLUGINS:
        shutil.copy(trixie / "root" / "usr" / "libexec" / "docker" / "cli-plugins" / name, plugins)


@contextmanager
def _daemon(folder: Path, environ: dict[str, str]) -> Iterator[None]:
    places = [f"--data-root={folder}/data", f"--exec-root={folder}/exec", f"--host=unix://{folder}/docker.sock", f"--pidfile={folder}/pid"]
    with (folder / "dockerd.log").open("wb") as log:
        daemon = subprocess.Popen(["dockerd", *places], stdout=log, stderr=log, start_new_session=True)
    try:
        end = time.monotonic() + START_SECONDS
        while not _answers(environ):
            if daemon.poll() is not None or time.monotonic() > end:
                raise NoEngine("dockerd does not start here: " + (folder / "dockerd.log").read_text()[-2000:])
            time.sleep(0.2)
        yield
    finally:
        daemon.terminate()
        try:
            daemon.wait(60)
        except subprocess.TimeoutExpired:
            daemon.kill()
            daemon.wait()


def _base_image(environ: dict[str, str], folder: Path) -> str:
    for image in (PYTHON_IMAGE, DEBOOTSTRAPPED_IMAGE):
        if not _run("docker", "image", "inspect", image, environ=environ, check=False).returncode:
            return image
    try:
        if not _run("docker", "pull", "--quiet", PYTHON_IMAGE, environ=environ, timeout=PULL_SECONDS, check=False).returncode:
            return PYTHON_IMAGE
    except subprocess.TimeoutExpired:
        pass
    if os.geteuid() or not shutil.which("debootstrap"):
        raise NoEngine(f"{PYTHON_IMAGE} cannot be pulled, and making a base image needs root and debootstrap.")
    root = folder / "base"
    packages = "--include=ca-certificates,python3,python3-pip,python3-venv"
    _run("debootstrap", "--variant=minbase", packages, "bookworm", str(root))
    # Where a company's proxy signs the package index's certificates, this machine knows it and a fresh Debian does not.
    shutil.copy(CA_BUNDLE, root / CA_BUNDLE.relative_to("/"))
    (root / "usr" / "bin" / "python").symlink_to("python3")
    for archive in (root / "var" / "cache" / "apt" / "archives").glob("*.deb"):
        archive.unlink()
    certificates = [word for name in ("PIP_CERT", "SSL_CERT_FILE") for word in ("--change", f"ENV {name}={CA_BUNDLE}")]
    archive = folder / "base.tar"
    _run("tar", "--create", f"--file={archive}", "--directory", str(root), ".")
    _run("docker", "import", *certificates, str(archive), DEBOOTSTRAPPED_IMAGE, environ=environ)
    archive.unlink()
    shutil.rmtree(root)
    return DEBOOTSTRAPPED_IMAGE


def _answers(environ: dict[str, str]) -> bool:
    return bool(shutil.which("docker")) and not _run("docker", "info", environ=environ, check=False).returncode


def _remove(folder: Path) -> None:
    # A container's network and file system are mounts below the folder; where the engine ended badly, some are left.
    mounts = [line.split()[1] for line in Path("/proc/mounts").read_text().splitlines()]
    for mount in sorted((place for place in mounts if place.startswith(f"{folder}/")), reverse=True):
        subprocess.run(["umount", "--lazy", mount], check=False)
    shutil.rmtree(folder)


def _apt(*arguments: str, environ: dict[str, str] | None = None, cwd: Path | None = None) -> None:
    _run("apt-get", "-o", "DPkg::Lock::Timeout=600", "--quiet=2", *arguments, environ=environ, cwd=cwd)


def _run(
    *command: str, environ: dict[str, str] | None = None, cwd: Path | None = None, timeout: float = STEP_SECONDS, check: bool = True
) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        command, env={**os.environ, **(environ or {})}, cwd=cwd, capture_output=True, text=True, timeout=timeout, check=False
    )
    if check and done.returncode:
        raise RuntimeError(f"{' '.join(command)} ended with exit code {done.returncode}:\n{done.stdout[-4000:]}{done.stderr[-4000:]}")
    return done


def main() -> None:
    try:
        with running_engine() as engine:
            for name, value in {**engine.environ, "BASE_IMAGE": engine.base_image}.items():
                print(f"export {name}={value}", flush=True)
            signal.pause()
    except NoEngine as error:
        sys.exit(str(error))
    except KeyboardInterrupt:
        pass


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    main()
