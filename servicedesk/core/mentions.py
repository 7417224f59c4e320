"""Who is mentioned in a text (提到): ``@姓名``, the longest name that fits; pure."""

import re
from collections.abc import Iterable

_AT = re.compile(r"(?<![A-Za-z0-9._%+-])[@＠]")
_WORD = re.compile(r"[^\s@＠，。；：、！？,;:!?（）()]{1,20}")


def mentioned(text: str, names: Iterable[str]) -> tuple[list[str], list[str]]:
    """Return the ``names`` that ``text`` mentions, and the words after an ``@`` that are no name.

    Each once, in the order of the text. An address such as ``li@example.com`` mentions nobody.
    """
    longest_first = sorted(set(names), key=lambda name: (-len(name), name))
    known: dict[str, None] = {}
    strange: dict[str, None] = {}
    for at in _AT.finditer(text):
        rest = text[at.end() :]
        name = next((one for one in longest_first if rest.startswith(one)), None)
        word = _WORD.match(rest)
        if name is not None:
            known[name] = None
        elif word is not None:
            strange[word[0]] = None
    return list(known), list(strange)
