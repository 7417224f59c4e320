"""Handing an absent person's tickets over (移交): from whom, to whom, the list, one line for each."""

from typing import Any

from flask import abort, flash, render_template, request
from flask_babel import gettext as _

from servicedesk.accounts.models import User
from servicedesk.accounts.queries import names as person_names
from servicedesk.catalogue.queries import item_labels
from servicedesk.core.permissions import Role
from servicedesk.duty import handing
from servicedesk.duty.queries import colleague, colleagues, handovers
from servicedesk.errors import Refused
from servicedesk.tickets.effects.desk import DUTIES
from servicedesk.web.access import actor, requires
from servicedesk.web.desk.blueprint import desk
from servicedesk.web.desk.filters import text_of
from servicedesk.web.forms import number_of
from servicedesk.web.showing import named

REASON_MAX = 500


def _people() -> list[User]:
    """Return whose tickets the person may hand over: a head anybody's, others their own."""
    reached = list(colleagues(actor(), "ticket.hand_over"))
    if actor().role in (Role.DESK_HEAD, Role.UNIT_HEAD):
        return reached
    return [one for one in reached if one.id == actor().user_id]


def _person(number: int | None) -> User | None:
    if number is None:
        return None
    found = colleague(actor(), "ticket.hand_over", number)
    if found is None or found.id not in {one.id for one in _people()}:
        abort(404)
    return found


@desk.get("/handover")
@requires("ticket.hand_over")
def handover() -> str:
    """Choose whose tickets go to whom, and see which they are."""
    people = _people()
    wanted = number_of("from") or (people[0].id if len(people) == 1 else None)
    return _page(_person(wanted), number_of("to"), text_of("reason"))


def _page(person: User | None, to_id: int | None, reason: str, **more: Any) -> str:
    duties = handing.held_by(actor(), person) if person else []
    possible = handing.successors(duties, person) if person else {}
    receivers = {one.id: one for group in possible.values() for one in group}
    return render_template(
        "desk/duty/handover.html", people=_people(), person=person, to_id=to_id, reason=reason,
        held=duties, possible=possible, receivers=sorted(receivers.values(), key=lambda one: one.id),
        planned=handing.plan(duties, person, to_id) if person else {}, duty_names=DUTIES,
        items={item.id: named(item) for item in item_labels(actor().park_id)},
        most=handing.MOST, **_history(), **more,
    )  # fmt: skip


def _history() -> dict[str, Any]:
    made = handovers(actor())
    people = person_names({n for one in made for n in (one.from_id, one.to_id, one.by_id)})
    return {"history": made, "history_names": people}


@desk.post("/handover")
@requires("ticket.hand_over")
def hand_over() -> str | tuple[str, int]:
    """Hand the chosen tickets over and show what became of each."""
    typed = request.form.get("from", "")
    person = _person(int(typed) if typed.isascii() and typed.isdigit() and len(typed) < 10 else -1)
    assert person is not None
    reason = request.form.get("reason", "").strip()[:REASON_MAX]
    try:
        made, results = handing.hand_over(actor(), person.id, _chosen(), reason)
    except Refused as refused:
        tried = {"wrong": {refused.field or "": _(refused.reason)}}
        return _page(_person(person.id), None, reason, **tried), 422
    if not any(one.refused for one in results):
        flash(_("已移交%(n)s项。", n=made.tickets), "success")
    return render_template(
        "desk/duty/handed.html", made=made, results=results, duty_names=DUTIES,
        names=person_names({made.from_id, made.to_id}),
    )  # fmt: skip


def _chosen() -> dict[str, int]:
    """Return to whom each ticked line goes; a line without a person is passed over."""
    chosen: dict[str, int] = {}
    for key in request.form.getlist("line")[: handing.MOST]:
        to = request.form.get(f"to-{key}", "")
        if to.isascii() and to.isdigit() and len(to) < 10:
            chosen[key[:40]] = int(to)
    return chosen
