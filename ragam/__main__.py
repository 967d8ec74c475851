"""`python -m ragam`: the command, where it is not installed."""

from ragam.command import ragam

ragam(prog_name="ragam")
