"""What ends the command before every picture has an answer, in one sentence and with its exit code.

ClickException
├── Mistake      2  what was typed cannot be done: no pictures, an address that is not Ragam's, a CSV of something else
├── NoService    1  the service is away, or refuses everything
└── Unwritable   1  the CSV cannot be written
"""

from typing import ClassVar

from click import ClickException


class Mistake(ClickException):
    exit_code: ClassVar[int] = 2


class NoService(ClickException):
    exit_code: ClassVar[int] = 1


class Unwritable(ClickException):
    exit_code: ClassVar[int] = 1
