"""What an operator may change, read once from the environment. Every bad value is reported in one go.

python -m gateway.settings         prints docs/settings.md; `make settings` writes it
"""

import os
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from gateway import setting_types as kinds
from gateway.capacity import Capacity, capacity, held_bytes
from gateway.contract import CANARY_LABEL
from gateway.machine import this_machine
from gateway.serving.tls import Identity, read_identity
from gateway.setting_names import OF_OTHERS, OF_SERVE, PREFIX, unknown_variables
from gateway.telemetry import tracing


class SettingsError(Exception):
    """One line for each setting that cannot be used."""


def _setting(default: Any, parse: Callable[[str], Any], meaning: str, *, secret: bool = False) -> Any:
    return field(default=default, metadata={"parse": parse, "meaning": meaning, "secret": secret})


@dataclass(frozen=True)
class Settings:
    """The gateway's settings. The field `port` is the variable RAGAM_PORT, and so on."""

    host: str = _setting("127.0.0.1", kinds.host, "Address that the gateway listens on.")
    port: int = _setting(5000, kinds.whole(1, 65535), "Port that the gateway listens on.")
    workers: int = _setting(0, kinds.whole(0, 64), "Gateway processes. 0: one a core, at least two, or as many as the memory holds.")
    log_level: str = _setting("info", kinds.log_level, "Least level that is logged: debug, info, warning or error.")

    serving: str = _setting("127.0.0.1:8500", kinds.address, "Address of the model server's gRPC port.")
    serving_label: str = _setting(
        "", kinds.label, "Version label that is asked for, such as `stable`; without it the highest version answers."
    )
    canary_share: float = _setting(
        0.0, kinds.number(0, 1), "Share of the pictures, 0 to 1, that the version with the label `canary` answers."
    )
    serving_tls: str = _setting(
        "", str, "Folder with ca.crt, tls.crt and tls.key (PEM), for mutual TLS with the model server; without it plain text."
    )
    predict_seconds: float = _setting(5.0, kinds.number(0.01, 600), "Deadline of a call to the model server, its retry included.")

    max_upload_bytes: int = _setting(20 * 1024 * 1024, kinds.whole(1, 2**31), "Largest file that is accepted.")
    max_wait_seconds: float = _setting(
        2.5,
        kinds.number(0.01, 600),
        "How long a request with pictures may wait for a thread; one that would wait longer is answered 503 at once.",
    )
    keepalive_seconds: int = _setting(
        75,
        kinds.whole(1, 3600),
        "How long a connection may be idle. Longer than a proxy keeps its own: nginx 60 s, Google's balancer 600 s.",
    )
    grace_seconds: int = _setting(
        30,
        kinds.whole(0, 600),
        "On SIGTERM, how long requests in flight may take. A second one, to serve.py or gunicorn, ends them at once.",
    )

    api_keys_file: str = _setting("", kinds.keys_file, "File of the API keys that may send pictures; without it everybody may.")
    rate_limit: str = _setting(
        "", kinds.rate_limit, "Pictures that one key, or without keys one address, may send, as in 60/minute;5/second."
    )
    rate_limit_storage: str = _setting(
        "memory://",
        kinds.rate_limit_storage,
        "Where they are counted: in each process by itself, or for all processes and gateways in redis://host:port/number.",
        secret=True,
    )
    trusted_proxies: int = _setting(0, kinds.whole(0, 16), "Proxies in front whose X-Forwarded-For, -Proto and -Host are believed.")
    cors_origins: str = _setting("", kinds.origins, "Origins whose pages may read the answers, such as https://museum.example, by commas.")

    @classmethod
    def from_env(cls, environ: Mapping[str, str] = os.environ) -> "Settings":
        """The settings in `environ`, with the defaults for what is missing or empty.

        Raises SettingsError with one line for each variable that cannot be used, or is unknown.
        """
        values: dict[str, Any] = {}
        complaints = unknown_variables(environ, [PREFIX + entry.name.upper() for entry in fields(cls)]) + tracing.complaints(environ)
        for entry in fields(cls):
            variable = PREFIX + entry.name.upper()
            text = environ.get(variable, "").strip()
            if not text:
                continue
            try:
                values[entry.name] = entry.metadata["parse"](text)
            except ValueError as error:
                shown = "its value" if entry.metadata["secret"] else repr(text)
                complaints.append(f"{variable} {error}, not {shown}.")
        if not complaints:
            try:
                settings = cls(**values)
                settings.identity()
                settings.check_share()
            except ValueError as error:
                complaints.append(f"{error}.")
            else:
                return settings
        raise SettingsError("\n".join(complaints))

    def identity(self) -> Identity | None:
        """What the gateway shows to the model server and asks of it, or None for plain text. Raises ValueError for unusable files."""
        return read_identity(Path(self.serving_tls)) if self.serving_tls else None

    def capacity(self) -> Capacity:
        """How many processes and decoders that makes on this machine."""
        return capacity(this_machine(), self.workers, held_bytes(self.max_upload_bytes))

    def check_share(self) -> None:
        """Raises ValueError for a share without a label beside it: the highest version, the canary, would answer all pictures."""
        if self.canary_share and self.serving_label in ("", CANARY_LABEL):
            raise ValueError("RAGAM_CANARY_SHARE needs RAGAM_SERVING_LABEL, such as stable")

    def masked(self) -> dict[str, Any]:
        """Every setting by name, for the log: a secret that is not the default shows as ***."""
        values = {entry.name: getattr(self, entry.name) for entry in fields(self)}
        hidden = {entry.name: "***" for entry in fields(self) if entry.metadata["secret"] and values[entry.name] != entry.default}
        return {**values, **hidden}


# By the first field of each.
_CHAPTERS = {"host": "The gateway", "serving": "The model server", "max_upload_bytes": "Limits", "api_keys_file": "Who may send"}
_UNITS = {"bytes": "bytes", "pixels": "pixels", "seconds": "s"}
_PAGE = """# Settings

For whoever starts Ragam: variables of the environment, read once at the start. `.env` sets them for the containers,
`my-cluster/kustomization.yaml` for a cluster. An empty value is the default.
A value that cannot be used ends the start with a sentence, and so does a variable `RAGAM_...` that is none of these.
Where traces are on, the same goes for their [exporter, sampler, address and protocol](operations.md#traces).

This page is written by `make settings` from `gateway/settings.py`.
"""


def page() -> str:
    """docs/settings.md."""
    lines = [_PAGE]
    for entry in fields(Settings):
        if entry.name in _CHAPTERS:
            lines.append(_head(_CHAPTERS[entry.name]))
        lines.append(
            _row(PREFIX + entry.name.upper(), entry.default, entry.metadata["meaning"], _UNITS.get(entry.name.rpartition("_")[2], ""))
        )
    for chapter, variables in (("`make serve` alone", OF_SERVE), ("Other parts", OF_OTHERS)):
        lines.append(_head(chapter))
        lines.extend(_row(name, *said) for name, said in variables.items())
    return "".join(lines)


def _head(chapter: str) -> str:
    return f"\n## {chapter}\n\n| variable | default | unit | meaning |\n| --- | --- | --- | --- |\n"


def _row(variable: str, default: object, meaning: str, unit: str = "") -> str:
    shown = f"`{default}`" if default != "" else ""
    return f"| `{variable}` | {shown} | {unit} | {meaning} |\n"


if __name__ == "__main__":
    sys.stdout.write(page())
