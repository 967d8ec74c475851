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
from training.hints import cause
from training.printed import say

COMMANDS = {"compare": compare, "promote": promote, "rollback": rollback, "reference": drift_reference, "figures": figures}


def main(arguments: list[str]) -> int:
    """Run the command that `arguments` name; returns the exit status: 0, 2 after an error, 130 after Ctrl-C."""
    if not arguments or arguments[0] in {"-h", "--help"}:
        say(__doc__)
        return 0 if arguments else 2
    name = arguments[0]
    if name not in COMMANDS:
        say(f"There is no command '{name}'. The commands are {', '.join(COMMANDS)}.", wrong=True)
        return 2
    command = COMMANDS[name]
    parser = argparse.ArgumentParser(
        f"python -m release {name}", description=command.__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    command.add_arguments(parser)
    try:
        command.run(parser.parse_args(arguments[1:]))
    except ReleaseError as error:
        say(error, wrong=True)
        return 2
    except OSError as error:
        # A folder that cannot be written, a full disk, a file that is gone: whatever a command does not explain better itself.
        say(f"{f'{error.filename}: ' if error.filename else ''}{cause(error)}.", wrong=True)
        return 2
    except KeyboardInterrupt:
        say("Interrupted.", wrong=True)
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
