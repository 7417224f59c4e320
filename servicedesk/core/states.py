"""Where a ticket can stand (工单状态), and the groups of states that the rules speak of."""

from collections.abc import Mapping
from enum import StrEnum

from servicedesk.core.words import N_


class State(StrEnum):
    """Where a ticket (工单) stands."""

    SUBMITTED = "submitted"
    ACCEPTED = "accepted"
    DISPATCHED = "dispatched"
    DISPUTED = "disputed"
    IN_PROGRESS = "in_progress"
    AWAITING_ENTERPRISE = "awaiting_enterprise"
    SUSPENDED = "suspended"
    RESOLVED = "resolved"
    FOLLOWED_UP = "followed_up"
    RATED = "rated"
    CLOSED = "closed"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"
    TERMINATED = "terminated"
    ABANDONED = "abandoned"
    MERGED = "merged"


STATE_NAMES: Mapping[State, str] = {
    State.SUBMITTED: N_("待受理"),
    State.ACCEPTED: N_("待派单"),
    State.DISPATCHED: N_("待签收"),
    State.DISPUTED: N_("待裁定"),
    State.IN_PROGRESS: N_("办理中"),
    State.AWAITING_ENTERPRISE: N_("待补正"),
    State.SUSPENDED: N_("已中止"),
    State.RESOLVED: N_("待回访"),
    State.FOLLOWED_UP: N_("待评价"),
    State.RATED: N_("待归档"),
    State.CLOSED: N_("已归档"),
    State.DECLINED: N_("不予受理"),
    State.WITHDRAWN: N_("已撤回"),
    State.TERMINATED: N_("已终止"),
    State.ABANDONED: N_("逾期未补正"),
    State.MERGED: N_("已并单"),
}

ENDS = frozenset(
    {
        State.CLOSED,
        State.DECLINED,
        State.WITHDRAWN,
        State.TERMINATED,
        State.ABANDONED,
        State.MERGED,
    }
)
OPEN = frozenset(set(State) - ENDS)
REVIVABLE = frozenset({State.CLOSED, State.ABANDONED})  # ends from which a ticket can come back
BEFORE_RESOLUTION = frozenset(
    {
        State.SUBMITTED,
        State.ACCEPTED,
        State.DISPATCHED,
        State.DISPUTED,
        State.IN_PROGRESS,
        State.AWAITING_ENTERPRISE,
        State.SUSPENDED,
    }
)
WITH_UNIT = frozenset(
    {State.DISPATCHED, State.IN_PROGRESS, State.AWAITING_ENTERPRISE, State.SUSPENDED}
)
STANDING = frozenset({State.AWAITING_ENTERPRISE, State.SUSPENDED})  # the clock stands
RUNNING = BEFORE_RESOLUTION - STANDING
