"""What is printed: names come from files of others, and none of them steers a terminal."""

import json
import re
import sys
from collections.abc import Mapping

# The name and password of an address, which may end at the last @ alone: a password that was typed as it is may hold any sign.
_USER = re.compile(r"(?<=://)\S*@")


def say(*sentences: object, wrong: bool = False) -> None:
    """The sentences, each from a new line; what is `wrong` on standard error."""
    _put("\n".join(printable(str(sentence)) for sentence in sentences), wrong=wrong)


def say_line(facts: Mapping[str, object], *, wrong: bool = False) -> None:
    """`facts` as JSON of one line, with what steers a terminal escaped as JSON has it."""
    line = json.dumps(facts, ensure_ascii=False)
    _put("".join(sign if sign.isprintable() else json.dumps(sign)[1:-1] for sign in line), wrong=wrong)


def printable(text: str) -> str:
    r"""`text`, with what steers a terminal or cannot be encoded written as in \x1b. Ends of lines stay."""
    return "".join(sign if sign.isprintable() or sign == "\n" else sign.encode("unicode_escape").decode() for sign in text)


def without_passwords(text: str) -> str:
    """`text`, with the addresses in it without the name and password that may stand before their host."""
    return _USER.sub("", text)


def _put(text: str, *, wrong: bool) -> None:
    print(text, file=sys.stderr if wrong else sys.stdout, flush=True)
