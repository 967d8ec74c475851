"""A real Prometheus on loopback, with the project's configuration; its targets alone are the test's."""

import subprocess
from pathlib import Path
from typing import Any

import requests
import yaml
from service import ROOT, free_port, wait_until

MONITORING = ROOT / "monitoring"


class Prometheus:
    """Scrapes `gateway`, host:port, every second, and evaluates every rule as often. Its data and log are in `folder`."""

    def __init__(self, folder: Path, gateway: str) -> None:
        config = yaml.safe_load((MONITORING / "prometheus.yml").read_text())
        config["global"] = {"scrape_interval": "1s", "evaluation_interval": "1s"}
        config["rule_files"] = []
        for path in sorted((MONITORING / "rules").glob("*.yml")):
            rules = yaml.safe_load(path.read_text())
            for group in rules["groups"]:
                group.pop("interval", None)
            copy = folder / path.name
            copy.write_text(yaml.safe_dump(rules))
            config["rule_files"].append(str(copy))
        # Nobody is asked for a name: there is one gateway, and no TensorFlow Serving.
        [job] = [job for job in config["scrape_configs"] if job["job_name"] == "gateway"]
        del job["dns_sd_configs"]
        config["scrape_configs"] = [{**job, "static_configs": [{"targets": [gateway]}]}]
        file = folder / "prometheus.yml"
        file.write_text(yaml.safe_dump(config))
        self.address = f"http://127.0.0.1:{free_port()}"
        with (folder / "prometheus.log").open("wb") as log:
            self._process = subprocess.Popen(
                [
                    "prometheus",
                    f"--config.file={file}",
                    f"--storage.tsdb.path={folder / 'data'}",
                    f"--web.listen-address={self.address.removeprefix('http://')}",
                ],
                stdout=log,
                stderr=log,
            )
        wait_until(self._ready, what="Prometheus")

    def _ready(self) -> bool:
        assert self._process.poll() is None, "Prometheus ended"
        try:
            return requests.get(f"{self.address}/-/ready", timeout=5).status_code == 200
        except requests.ConnectionError:
            return False

    def ask(self, path: str, **parameters: str) -> Any:
        """The data of an answer. Fails where Prometheus calls the question wrong."""
        answer = requests.get(f"{self.address}/api/v1/{path}", params=parameters, timeout=30).json()
        assert answer["status"] == "success", (parameters, answer.get("error"))
        return answer["data"]

    def vector(self, expression: str) -> list[tuple[dict[str, str], float]]:
        """Labels and value of each sample that `expression` has now."""
        data = self.ask("query", query=expression)
        if data["resultType"] == "scalar":
            return [({}, float(data["result"][1]))]
        return [(sample["metric"], float(sample["value"][1])) for sample in data["result"]]

    def value(self, expression: str) -> float | None:
        """The one value of `expression`, None where it has none."""
        samples = self.vector(expression)
        assert len(samples) <= 1, (expression, samples)
        return samples[0][1] if samples else None

    def stop(self) -> None:
        self._process.terminate()
        try:
            self._process.wait(30)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
