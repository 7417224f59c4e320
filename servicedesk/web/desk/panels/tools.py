"""The tools of whoever works on a ticket: replies, drafts, followers, who is here, the way back."""

from collections.abc import Sequence
from typing import Any

from flask_babel import gettext as _

from servicedesk.clock import clock
from servicedesk.core.permissions import allows
from servicedesk.core.words import N_
from servicedesk.core.workflow import BY_NAME
from servicedesk.organisation.queries import unit as get_unit
from servicedesk.tickets.following import followers
from servicedesk.tickets.mentions import colleagues
from servicedesk.tickets.models import Ticket
from servicedesk.tickets.taking_back import way_back
from servicedesk.web.access import actor
from servicedesk.workbench.models import UndoNote
from servicedesk.workbench.presence import Colleague, others
from servicedesk.workbench.replies import filled, replies

JUST_DONE = {
    "accept": N_("已受理。"),
    "dispatch": N_("已派单到%(to)s。"),
    "sign": N_("已签收。"),
    "assign": N_("已指定承办人：%(to)s。"),
}


def panel(ticket: Ticket) -> dict[str, Any]:
    """Return what the ticket's page shows of it."""
    using = allows(actor(), "workbench.use")
    seeing = colleagues(ticket) if using else []
    sight = {one.id for one in seeing}
    following = [one for one in followers(ticket.id, "follower") if one.id in sight]
    return {
        "tools_here": presence_words(others(ticket.id, actor().user_id)),
        "tools_undo": _undo(ticket),
        "tools_follows": actor().user_id in {one.id for one in following},
        "tools_followers": following,
        "tools_replies": filled(actor(), ticket, replies(actor())) if using else [],
        "tools_colleagues": [
            (one.name, get_unit(one.unit_id).name if one.unit_id else "", one.role)
            for one in seeing
            if one.id != actor().user_id
        ],
    }


def presence_words(people: Sequence[Colleague]) -> list[dict[str, Any]]:
    """Return who is here, in words, as the page and its heartbeat show it."""
    return [
        {
            "initial": one.name[:1],
            "typing": one.typing,
            "text": _("%(name)s 正在填写", name=one.name)
            if one.typing
            else _("%(name)s 正在查看", name=one.name),
        }
        for one in people
    ]


def _undo(ticket: Ticket) -> dict[str, Any] | None:
    """Return what may be taken back, in words, and for how many seconds more."""
    note = way_back(actor(), ticket)
    if note is None:
        return None
    return {
        "version": note.version,
        "seconds": max(1, round((note.until - clock.now()).total_seconds())),
        "text": _(JUST_DONE.get(note.step, BY_NAME[note.step].label), to=_whom(ticket, note)),
    }


def _whom(ticket: Ticket, note: UndoNote) -> str:
    if note.step == "dispatch" and ticket.unit_id is not None:
        return get_unit(ticket.unit_id).name
    if note.step == "assign":
        return next((p.name for p in colleagues(ticket) if p.id == ticket.assignee_id), "")
    return ""
