"""What happens to a published version, a command each.

    python -m release compare    hold a new version to the served one on the same pictures, and publish it where it is not worse
    python -m release promote    put a version up as canary beside the stable one, or make the canary stable
    python -m release rollback   take the canary away, or put the stable version before back
    python -m release reference  write what Prometheus holds live answers against, from the model cards
    python -m release figures    write what the page and the README tell of the latest version, from its model card

`python -m release COMMAND --help` tells a command's arguments.
"""

import argparse
import sys

from release import compare, drift_reference, figures, promote, rollback
from release.errors import ReleaseError

COMMANDS = {"compare": compare, "promote": promote, "rollback": rollback, "reference": drift_reference, "figures": figures}


def main(arguments: list[str]) -> int:
    """Run the command that `arguments` name; returns the exit status: 0, 2 after an error, 130 after Ctrl-C."""
    if not arguments or arguments[0] in {"-h", "--help"}:
        print(__doc__)
        return 0 if arguments else 2
    name = arguments[0]
    if name not in COMMANDS:
        print(f"There is no command '{name}'. The commands are {', '.join(COMMANDS)}.", file=sys.stderr)
        return 2
    command = COMMANDS[name]
    parser = argparse.ArgumentParser(
        f"python -m release {name}", description=command.__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    command.add_arguments(parser)
    try:
        command.run(parser.parse_args(arguments[1:]))
    except ReleaseError as error:
        print(error, file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("Interrupted.", file=sys.stderr)
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
