"""What other features do when a ticket has moved, in the same transaction.

A package opens its next items, a declaration learns its result: they depend on tickets, so tickets
cannot name them. ``create_app`` connects them once; a reaction that fails undoes the step.
"""

from collections.abc import Callable

from servicedesk.core.permissions import Actor
from servicedesk.core.workflow import Transition
from servicedesk.tickets.models import Ticket

Reaction = Callable[[Ticket, Transition, Actor], None]
AlarmReaction = Callable[[Ticket, str], None]
_connected: tuple[Reaction, ...] = ()
_alarms: tuple[AlarmReaction, ...] = ()


def connect(*reactions: Reaction) -> None:
    """Say who reacts, in which order; this replaces what was connected before."""
    global _connected
    _connected = reactions


def react(ticket: Ticket, step: Transition, actor: Actor) -> None:
    """Tell everybody who is connected that ``actor`` took ``step`` on ``ticket``."""
    for reaction in _connected:
        reaction(ticket, step, actor)


def connect_alarms(*reactions: AlarmReaction) -> None:
    """Say who reacts to alarms of the ladder (督办); this replaces what was connected before."""
    global _alarms
    _alarms = reactions


def react_to_alarm(ticket: Ticket, step: str) -> None:
    """Tell everybody who is connected that the alarm ``step`` of ``ticket`` has gone off."""
    for reaction in _alarms:
        reaction(ticket, step)
