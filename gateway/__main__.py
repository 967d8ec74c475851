"""The gateway's commands for people: `python -m gateway classify` sends pictures to one that runs. Needs requirements/client.txt only."""

import sys

try:
    import click

    from ragam.command import classify
except ModuleNotFoundError as error:
    if (error.name or "").partition(".")[0] in {"gateway", "ragam"}:
        raise
    sys.exit(f"{error.name} is missing. `make client` installs what this needs, or pip with requirements/client.txt.")


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def gateway() -> None:
    """Ragam tells the genre of a painting."""


gateway.add_command(classify)

if __name__ == "__main__":
    gateway(prog_name="python -m gateway")
