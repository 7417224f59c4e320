"""Questions that depend on other questions (条件显示): what a form asks, given what was answered.

A question with a condition is asked only while the question it looks at is itself asked and has one
of the named answers. A condition looks at a question that stands earlier, so there are no circles.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Condition:
    """Asked only if the question ``field`` has one of the answers ``equals`` (显示条件)."""

    field: str
    equals: tuple[str, ...]

    def holds(self, answers: Mapping[str, Any]) -> bool:
        """Tell whether ``answers`` meet the condition; a question may have several answers."""
        given = answers.get(self.field)
        chosen = given if isinstance(given, list | tuple) else [given]
        return any(one in self.equals for one in chosen)


Question = tuple[str, Condition | None]


def asked(questions: Sequence[Question], answers: Mapping[str, Any]) -> frozenset[str]:
    """Return the names of the questions that are asked, given ``answers``."""
    names: set[str] = set()
    for name, condition in questions:
        if condition is None or (condition.field in names and condition.holds(answers)):
            names.add(name)
    return frozenset(names)


def kept(questions: Sequence[Question], answers: Mapping[str, Any]) -> dict[str, Any]:
    """Return ``answers`` without those to questions that are not asked; others stay."""
    known = {name for name, _condition in questions}
    there = asked(questions, answers)
    return {name: value for name, value in answers.items() if name in there or name not in known}
