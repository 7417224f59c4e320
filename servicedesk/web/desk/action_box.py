"""现在可以做: the one or two likely next steps stand open to the eye, the others lie in groups."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from wtforms import Form

from servicedesk.core.words import N_
from servicedesk.core.workflow import Transition

GROUPS: Mapping[str, tuple[str, str]] = {  # name and icon
    "handle": (N_("办理"), "list-check"),
    "time": (N_("时限"), "clock"),
    "together": (N_("协同"), "users"),
    "word": (N_("回访与评价"), "phone"),
    "other": (N_("其他"), "adjustments"),
}
GROUP_OF: Mapping[str, str] = {
    "accept": "handle", "dispatch": "handle", "sign": "handle", "return": "handle",
    "contest": "handle", "settle": "handle", "assign": "handle", "act": "handle",
    "advance_stage": "handle", "reach_milestone": "handle", "resolve": "handle",
    "resolve_with_problem": "handle", "request_supplement": "handle",
    "ask_supplement_again": "handle", "approve_supplement": "handle",
    "refuse_supplement": "handle", "supplement": "handle", "take_up": "handle",
    "request_extension": "time", "approve_extension": "time", "refuse_extension": "time",
    "propose_plan": "time", "approve_plan": "time", "refuse_plan": "time",
    "suspend": "time", "resume": "time", "ask_resume": "time",
    "mark_urgent": "time", "unmark_urgent": "time", "urge": "time",
    "ask_support": "together", "answer_support": "together", "withdraw_support": "together",
    "hand_over": "together", "merge": "together", "split": "together",
    "confirm": "word", "dispute": "word", "follow_up": "word", "miss": "word",
    "refuse_call": "word", "call_back": "word", "rate": "word", "rework": "word",
    "close": "word", "close_unreached": "word", "close_verified": "word",
    "close_unrated": "word", "lift_false": "word", "reopen": "word",
    "decline": "other", "terminate": "other", "withdraw": "other", "abandon": "other",
}  # fmt: skip
# What is most likely wanted next: whoever waits for a verdict comes first.
LIKELY: Sequence[str] = (
    "settle", "approve_supplement", "approve_extension", "approve_plan", "accept", "dispatch",
    "sign", "answer_support", "supplement", "resume", "call_back", "follow_up", "close",
    "close_unreached", "resolve", "reach_milestone", "advance_stage", "take_up", "confirm", "rate",
    "ask_resume",
)  # fmt: skip
# What people look for in vain: where a condition forbids it, the page says which.
EXPLAINED = frozenset({"return", "request_extension", "reopen"})
# What stands beside it: the other answer to the same question.
BESIDE: Mapping[str, str] = {
    "approve_supplement": "refuse_supplement",
    "approve_extension": "refuse_extension",
    "approve_plan": "refuse_plan",
    "sign": "return",
    "follow_up": "miss",
    "resolve": "request_supplement",
    "confirm": "dispute",
}


@dataclass(frozen=True, slots=True)
class Choice:
    """One step with its form; ``open`` where it stands open, ``draft`` what was kept of it."""

    step: Transition
    form: Form
    open: bool
    draft: Any = None


@dataclass(frozen=True, slots=True)
class Group:
    """Steps of one kind; open when one of them is."""

    name: str
    icon: str
    choices: Sequence[Choice]

    @property
    def open(self) -> bool:
        """Whether something in it must be seen."""
        return any(one.open for one in self.choices)


@dataclass(frozen=True, slots=True)
class Box:
    """What may be done now, the likely first."""

    likely: Sequence[Choice]
    groups: Sequence[Group]
    shut: Sequence[tuple[Transition, str]] = ()

    @property
    def names(self) -> set[str]:
        """The names of all steps in it."""
        rest = (one for group in self.groups for one in group.choices)
        return {one.step.name for one in (*self.likely, *rest)}


def likely_of(names: Iterable[str]) -> list[str]:
    """Return the one or two steps of ``names`` that most probably come next."""
    there = set(names)
    first = next((name for name in LIKELY if name in there), None)
    if first is None:
        return []
    second = BESIDE.get(first)
    if second not in there:
        second = next((name for name in LIKELY if name in there and name != first), None)
    return [first, second] if second else [first]


def box(
    steps: Sequence[tuple[Transition, Form]],
    shut: Sequence[tuple[Transition, str]],
    opened: str | None,
    drafts: Mapping[str, Any],
) -> Box:
    """Sort the open steps, with why others are ``shut``; one that came back, or was begun, stands open, else the first likely."""
    likely = likely_of(step.name for step, _form in steps)
    begun = {step.name for step, _form in steps if step.name == opened or step.name in drafts}
    shown = begun or set(likely[:1])
    choices = {
        step.name: Choice(step, form, step.name in shown, drafts.get(step.name))
        for step, form in steps
    }
    groups = [
        Group(name, icon, rest)
        for key, (name, icon) in GROUPS.items()
        if (rest := [c for n, c in choices.items() if n not in likely and GROUP_OF[n] == key])
    ]
    return Box([choices[name] for name in likely], groups, shut)
