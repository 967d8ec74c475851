"""What an operator may set: flags with the names and meanings that tensorflow_model_server gives them, plus --host and --log_level.

The other flags of tensorflow_model_server are ignored, and a warning names them.
"""

import argparse
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn, TypeVar

from gateway.contract import MODEL_NAME
from model_server.batching import Batching, read_batching
from model_server.files import read_text
from model_server.ignored_flags import IGNORED
from model_server.model_config import ModelConfig, parse_model_config
from model_server.tls import Tls, read_tls

T = TypeVar("T")

LOG_LEVELS = ("debug", "info", "warning", "error")


class SettingsError(Exception):
    """A flag or a file that cannot be used; the text is one sentence for whoever started the server."""


@dataclass(frozen=True)
class Settings:
    host: str
    port: int
    model: ModelConfig
    model_config_file: Path | None
    model_config_file_poll_wait_seconds: int
    allow_version_labels_for_unavailable_models: bool
    batching: Batching | None
    file_system_poll_wait_seconds: int
    grpc_max_threads: int
    grpc_channel_arguments: tuple[tuple[str, int | str], ...]
    tls: Tls | None
    log_level: str
    ignored: tuple[str, ...]


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise SettingsError(message)


def parse_settings(arguments: Sequence[str]) -> Settings:
    """The settings in `arguments`, which is sys.argv without the program. --help prints and exits.

    Raises SettingsError for an unknown flag, a bad value, a base path that is no directory or an unusable batching file.
    """
    parser = _flags()
    flags, unknown = parser.parse_known_args(arguments)
    ignored = tuple(word for word in unknown if word.startswith("--") and word[2:].partition("=")[0] in IGNORED)
    if wrong := [word for word in unknown if word not in ignored]:
        parser.error(f"unrecognized arguments: {' '.join(wrong)}")
    model = _model(flags)
    if flags.batching_parameters_file and not flags.enable_batching:
        raise SettingsError("--batching_parameters_file is given without --enable_batching=true.")
    return Settings(
        host=flags.host,
        port=flags.port,
        model=model,
        model_config_file=Path(flags.model_config_file) if flags.model_config_file else None,
        model_config_file_poll_wait_seconds=flags.model_config_file_poll_wait_seconds,
        allow_version_labels_for_unavailable_models=flags.allow_version_labels_for_unavailable_models,
        batching=_batching(flags.batching_parameters_file) if flags.enable_batching else None,
        file_system_poll_wait_seconds=flags.file_system_poll_wait_seconds,
        grpc_max_threads=flags.grpc_max_threads,
        grpc_channel_arguments=flags.grpc_channel_arguments,
        tls=_read("--ssl_config_file", flags.ssl_config_file, read_tls) if flags.ssl_config_file else None,
        log_level=flags.log_level,
        ignored=ignored,
    )


def _model(flags: argparse.Namespace) -> ModelConfig:
    """From a file, or the highest version of what the flags name."""
    if flags.model_config_file:
        if flags.model_name or flags.model_base_path:
            raise SettingsError("--model_config_file says what --model_name and --model_base_path say: give it alone.")
        model = _read("--model_config_file", flags.model_config_file, parse_model_config)
    elif flags.model_config_file_poll_wait_seconds:
        raise SettingsError("--model_config_file_poll_wait_seconds is given without --model_config_file.")
    elif flags.model_base_path:
        model = ModelConfig(flags.model_name or MODEL_NAME, Path(flags.model_base_path))
    else:
        raise SettingsError("--model_base_path is missing: the directory that holds the model's version directories.")
    if not model.base_path.is_dir():
        where = f"base_path in {flags.model_config_file}:" if flags.model_config_file else "--model_base_path"
        raise SettingsError(f"{where} {model.base_path} is not a directory.")
    return model


def _batching(file: str | None) -> Batching:
    return _read("--batching_parameters_file", file, read_batching) if file else Batching()


def _read(flag: str, file: str, parse: Callable[[str], T]) -> T:
    try:
        return parse(read_text(Path(file)))
    except OSError as error:
        raise SettingsError(f"{flag} {file} cannot be read: {error.strerror}.") from error
    except ValueError as error:
        raise SettingsError(f"{flag} {file} cannot be used: {error}") from error


def _flags() -> argparse.ArgumentParser:
    parser = _Parser(prog="python -m model_server", allow_abbrev=False, description=__doc__.splitlines()[0])
    add = parser.add_argument
    add("--host", default="127.0.0.1", help="address to listen on (default: %(default)s)")
    add("--port", type=_integer(0, 65535), default=8500, help="gRPC port, 0 for any free one (default: %(default)s)")
    add("--model_name", help=f"name that requests must give (default: {MODEL_NAME})")
    add("--model_base_path", help="directory of the version directories, such as model_repository/painting_genre")
    add("--model_config_file", help="text-format ModelServerConfig with one model, in place of the two above: policy and version labels")
    add(
        "--model_config_file_poll_wait_seconds",
        type=_integer(0),
        default=0,
        help="seconds between two looks at that file, 0 to read it only at the start (default: %(default)s)",
    )
    add(
        "--allow_version_labels_for_unavailable_models",
        type=_boolean,
        nargs="?",
        const=True,
        default=False,
        help="a label that does not move may be on a version that is not loaded: true or false (default: false)",
    )
    add("--enable_batching", type=_boolean, nargs="?", const=True, default=False, help="true or false (default: false)")
    add("--batching_parameters_file", help="text-format BatchingParameters, such as model_repository/batching.config")
    add(
        "--file_system_poll_wait_seconds",
        type=_integer(0),
        default=1,
        help="seconds between two looks at the base path, 0 to look only at the start (default: %(default)s)",
    )
    add(
        "--grpc_max_threads",
        type=_integer(1),
        default=64,
        help="Predict calls at a time, then RESOURCE_EXHAUSTED (default: %(default)s)",
    )
    add("--grpc_channel_arguments", type=_arguments, default=(), help="name=value,... such as grpc.max_connection_age_ms=30000")
    add("--ssl_config_file", help="text-format SSLConfig: serve TLS only; empty or missing for plain text")
    add("--log_level", choices=LOG_LEVELS, default="info", help="least level that is logged (default: %(default)s)")
    return parser


def _integer(lowest: int, highest: int | None = None) -> Callable[[str], int]:
    wanted = f"an integer from {lowest} to {highest}" if highest else f"an integer of at least {lowest}"

    def integer(text: str) -> int:
        try:
            value = int(text)
        except ValueError:
            raise argparse.ArgumentTypeError(f"{text!r} is not {wanted}.") from None
        if value < lowest or (highest is not None and value > highest):
            raise argparse.ArgumentTypeError(f"{text!r} is not {wanted}.")
        return value

    return integer


def _arguments(text: str) -> tuple[tuple[str, int | str], ...]:
    arguments = []
    for entry in filter(None, text.split(",")):
        name, equals, value = entry.partition("=")
        if not name or not equals:
            raise argparse.ArgumentTypeError(f"{entry!r} is not name=value.")
        arguments.append((name, int(value) if value.isascii() and value.isdigit() else value))
    return tuple(arguments)


def _boolean(text: str) -> bool:
    if text not in ("true", "false"):
        raise argparse.ArgumentTypeError(f"{text!r} is neither true nor false.")
    return text == "true"
