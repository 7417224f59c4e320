"""What may be done with a ticket now (此刻可办): the workflow table asked for one person.

The table itself is ``core.transitions``, the states ``core.states``, the conditions ``core.guards``;
everybody else takes them from here.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from servicedesk.core.guards import ATTEMPTS_BEFORE_CLOSING as ATTEMPTS_BEFORE_CLOSING
from servicedesk.core.guards import BAD_RATING as BAD_RATING
from servicedesk.core.guards import RETURNS_BY_UNIT as RETURNS_BY_UNIT
from servicedesk.core.guards import Facts as Facts
from servicedesk.core.permissions import Actor, Subject, allows
from servicedesk.core.states import BEFORE_RESOLUTION as BEFORE_RESOLUTION
from servicedesk.core.states import ENDS as ENDS
from servicedesk.core.states import OPEN as OPEN
from servicedesk.core.states import REVIVABLE as REVIVABLE
from servicedesk.core.states import RUNNING as RUNNING
from servicedesk.core.states import STANDING as STANDING
from servicedesk.core.states import STATE_NAMES as STATE_NAMES
from servicedesk.core.states import WITH_UNIT as WITH_UNIT
from servicedesk.core.states import State as State
from servicedesk.core.steps import Audience as Audience
from servicedesk.core.steps import Clock as Clock
from servicedesk.core.steps import Transition as Transition
from servicedesk.core.transitions import BY_NAME as BY_NAME
from servicedesk.core.transitions import TRANSITIONS as TRANSITIONS
from servicedesk.core.words import N_


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a step is not open now: ``kind`` is permission, state, guard or needs."""

    kind: str
    reason: str
    field: str | None = None


def refusal(
    transition: Transition,
    actor: Actor,
    subject: Subject,
    facts: Facts,
    inputs: Mapping[str, object] | None = None,
) -> Refusal | None:
    """Return why ``actor`` may not take ``transition`` now, or ``None`` if it is open.

    With ``inputs`` the required ones are checked too.
    """
    if not allows(actor, transition.permission, subject):
        return Refusal("permission", N_("您没有执行此操作的权限。"))
    if facts.state not in transition.sources:
        return Refusal("state", N_("工单状态已改变，此操作现在不能进行。"))
    for guard in transition.guards:
        if reason := guard(facts, actor):
            return Refusal("guard", reason)
    return _missing(transition, inputs)


def _missing(transition: Transition, inputs: Mapping[str, object] | None) -> Refusal | None:
    if inputs is None:
        return None
    for name in transition.needs:
        if inputs.get(name) in (None, "", []):
            return Refusal("needs", N_("此项必须填写。"), name)
    return None


def available(actor: Actor, subject: Subject, facts: Facts) -> tuple[Transition, ...]:
    """Return the transitions that ``actor`` may take now, in the order of the table."""
    return tuple(t for t in TRANSITIONS if refusal(t, actor, subject, facts) is None)


def shut(
    actor: Actor, subject: Subject, facts: Facts, names: Collection[str]
) -> list[tuple[Transition, str]]:
    """Return those of ``names`` that belong here but that a condition forbids now, and why."""
    found = [
        (t, refused)
        for t in TRANSITIONS
        if t.name in names and (refused := refusal(t, actor, subject, facts)) is not None
    ]
    return [(t, refused.reason) for t, refused in found if refused.kind == "guard"]


def destination(transition: Transition, state: State) -> State:
    """Return the state after ``transition``."""
    return transition.target or state
