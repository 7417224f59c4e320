"""Reading a definition key by key: what is wrong is noted with its place, never raised."""

import unicodedata
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from servicedesk.core.words import N_

Path = tuple[str | int, ...]
_UNSEEN = frozenset({"Cc", "Cf", "Cn", "Co", "Cs", "Zl", "Zp"})


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong: where, and a sentence (translatable) with its values."""

    path: Path
    reason: str
    values: Mapping[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        return self.reason % self.values if self.values else self.reason


class Reader:
    """Reads one mapping of a definition; ``faults`` collects for the whole of it."""

    def __init__(
        self, given: object, path: Path, faults: list[Fault], keys: Collection[str]
    ) -> None:
        self._path, self._faults = path, faults
        self._given: Mapping[Any, Any] = given if isinstance(given, Mapping) else {}
        if not isinstance(given, Mapping):
            self.blame(None, N_("须是一组“键: 值”。"))
        for key in self._given:
            if key not in keys:
                self.blame(str(key), N_("没有“%(key)s”这个键。"), key=str(key)[:40])

    def blame(self, key: str | int | None, reason: str, /, **values: Any) -> None:
        """Note that ``key`` is wrong; without a key the whole of the mapping is."""
        path = self._path if key is None else (*self._path, key)
        self._faults.append(Fault(path, reason, values))

    def has(self, key: str) -> bool:
        """Tell whether something is given for ``key``."""
        return self._given.get(key) not in (None, "")

    def text(self, key: str, longest: int, *, needed: bool = True) -> str:
        """Return a text of one line, trimmed; an empty one where it is missing or wrong."""
        value = self._given.get(key)
        if value is None or value == "":
            if needed:
                self.blame(key, N_("必须填写。"))
            return ""
        return self._line((key,), value, longest, needed=needed)

    def _line(self, place: Path, value: object, longest: int, *, needed: bool) -> str:
        path = (*self._path, *place)
        if not isinstance(value, str):
            self._faults.append(Fault(path, N_("须是文字；数字、日期和“是/否”请加引号。")))
            return ""
        text = value.strip()
        if any(unicodedata.category(char) in _UNSEEN for char in text):
            self._faults.append(Fault(path, N_("含有换行或看不见的字符，请删去。")))
            return ""
        if len(text) > longest:
            self._faults.append(Fault(path, N_("最多%(max)d个字。"), {"max": longest}))
        if needed and not text:
            self._faults.append(Fault(path, N_("必须填写。")))
        return text

    def number(self, key: str, low: int, high: int, *, needed: bool = True) -> int | None:
        """Return a whole number from ``low`` to ``high``; ``None`` where it is missing or wrong."""
        value = self._given.get(key)
        if value is None or value == "":
            if needed:
                self.blame(key, N_("必须填写。"))
            return None
        if not isinstance(value, int) or isinstance(value, bool):
            self.blame(key, N_("须是整数。"))
            return None
        if not low <= value <= high:
            self.blame(key, N_("须在%(low)s至%(high)s之间。"), low=low, high=high)
            return None
        return value

    def flag(self, key: str, *, default: bool = False) -> bool:
        """Return true or false."""
        value = self._given.get(key, default)
        if not isinstance(value, bool):
            self.blame(key, N_("须是 true 或 false。"))
            return default
        return value

    def choice(self, key: str, allowed: Iterable[str]) -> str:
        """Return one of ``allowed``; an empty text where it is missing or wrong."""
        value, offered = self.text(key, 200), tuple(allowed)
        if value and value not in offered:
            self.blame(key, N_("须是其中之一：%(allowed)s。"), allowed="、".join(offered)[:300])
            return ""
        return value

    def texts(self, key: str, most: int, longest: int) -> tuple[str, ...]:
        """Return a list of different texts of one line."""
        found: dict[str, None] = {}
        for index, value in enumerate(self.rows(key, most)):
            text = self._line((key, index), value, longest, needed=True)
            if text in found and text:
                self._faults.append(Fault((*self._path, key, index), N_("重复了。")))
            found[text] = None
        return tuple(text for text in found if text)

    def rows(self, key: str, most: int) -> list[Any]:
        """Return a list as it is given, or an empty one where it is missing or wrong."""
        value = self._given.get(key)
        if value is None:
            return []
        if not isinstance(value, list | tuple):
            self.blame(key, N_("须是一个列表。"))
            return []
        if len(value) > most:
            self.blame(key, N_("最多%(max)d项。"), max=most)
        return list(value[:most])

    def part(self, key: str, keys: Collection[str]) -> "Reader":
        """Return a reader of the mapping under ``key``."""
        return Reader(self._given.get(key), (*self._path, key), self._faults, keys)

    def each(self, key: str, most: int, keys: Collection[str]) -> "list[Reader]":
        """Return a reader for each mapping of the list under ``key``."""
        return [
            Reader(row, (*self._path, key, index), self._faults, keys)
            for index, row in enumerate(self.rows(key, most))
        ]
