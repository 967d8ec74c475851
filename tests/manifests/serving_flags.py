"""TensorFlow Serving's flags, and the commands of this project that use them.

The server says "unknown argument" of a flag that it does not know, and starts without it: a misspelt one is found here or nowhere.
"""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

# The names that tensorflow_serving/model_servers/main.cc defines, one a line.
FLAGS = frozenset(Path(__file__).with_suffix(".txt").read_text().split())
BINARY = "tensorflow_model_server"
SWITCHES = frozenset({"true", "false"})


def complaints(command: list[str], models: Path) -> Iterator[str]:
    """What is wrong with the words of a command that starts TensorFlow Serving, whose /models is `models`."""
    if not command or Path(command[0]).name != BINARY:
        yield f"starts {command[:1]}, not {BINARY} itself"
    for word in command[1:]:
        match = re.fullmatch(r"--([a-z0-9_]+)(?:=(.*))?", word)
        if not match:
            yield f"{word!r} is no flag"
            continue
        name, value = match[1], match[2]
        if name not in FLAGS:
            yield f"TensorFlow Serving has no flag --{name}"
        if name.startswith("enable_") and value is not None and value not in SWITCHES:
            yield f"--{name} is {value!r}, neither true nor false"
        if value and value.startswith("/models/") and not (models / value.removeprefix("/models/")).exists():
            yield f"--{name}: there is no {value}"


def compose_commands(document: dict[str, Any]) -> dict[str, list[str]]:
    """The command of every service of a compose file that runs TensorFlow Serving, or is one of the two that should.

    Raises TypeError for a command that is no list.
    """
    found = {}
    for name, service in document["services"].items():
        words = [*_words(service.get("entrypoint")), *_words(service.get("command"))]
        if BINARY in words or name in ("serving-gpu", "serving-cpu"):
            found[name] = words
    return found


def dockerfile_command(text: str) -> list[str] | None:
    """ENTRYPOINT and CMD of a Dockerfile whose last stage stands on TensorFlow Serving's image, None of another.

    Raises ValueError where they are not JSON, which a shell would run.
    """
    text = re.sub(r"\\\n", " ", text)
    defaults = dict(re.findall(r"^ARG (\w+)=(\S+)", text, re.MULTILINE))
    base = re.sub(r"\$\{?(\w+)\}?", lambda match: defaults.get(match[1], match[0]), re.findall(r"^FROM (\S+)", text, re.MULTILINE)[-1])
    if "tensorflow/serving" not in base:
        return None
    last_stage = re.split(r"^FROM ", text, flags=re.MULTILINE)[-1]
    instructions = dict(re.findall(r"^(ENTRYPOINT|CMD) (.*)", last_stage, re.MULTILINE))
    return [word for name in ("ENTRYPOINT", "CMD") if name in instructions for word in json.loads(instructions[name])]


def _words(value: Any) -> list[str]:
    if isinstance(value, str):
        raise TypeError(f"a list is wanted, for this goes through a shell's rules: {value!r}")
    return [str(word) for word in value or []]
