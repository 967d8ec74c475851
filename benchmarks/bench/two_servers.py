"""A name with two addresses, for the processes of one command alone: gRPC goes round the model servers behind a name.

The command runs in a mount namespace of its own, in which another file lies over /etc/hosts: the machine's own stays as it is. That
needs Linux, `unshare`, and root or user namespaces.
"""

import shlex
import subprocess
from dataclasses import replace
from pathlib import Path

from benchmarks.service import Command

NAME = "model-servers"
ADDRESSES = ("127.0.0.1", "127.0.0.2")


def is_possible(folder: Path) -> bool:
    probe = in_namespace(Command(("getent", "ahostsv4", NAME), ""), folder)
    try:
        found = subprocess.run(probe.argv, capture_output=True, text=True, timeout=10, check=False).stdout
    except OSError:
        return False
    return all(address in found for address in ADDRESSES)


def in_namespace(command: Command, folder: Path) -> Command:
    """`command`, for which NAME has both ADDRESSES."""
    hosts = folder / "hosts"
    folder.mkdir(parents=True, exist_ok=True)
    hosts.write_text("127.0.0.1 localhost\n" + "".join(f"{address} {NAME}\n" for address in ADDRESSES))
    script = f"mount --bind {shlex.quote(str(hosts))} /etc/hosts && exec {shlex.join(command.argv)}"
    return replace(command, argv=("unshare", "--user", "--map-root-user", "--mount", "sh", "-c", script))
