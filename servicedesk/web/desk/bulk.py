"""Many tickets at once (批量办理): choose rows, see what would happen, confirm, one line for each."""

from collections.abc import Container, Mapping, Sequence
from typing import Any

from flask import abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from servicedesk.accounts.queries import members_of_unit
from servicedesk.core.identifiers import new_token
from servicedesk.core.permissions import allows
from servicedesk.core.words import N_
from servicedesk.core.workflow import BY_NAME
from servicedesk.organisation.queries import units
from servicedesk.tickets.bulk import (
    LIMIT,
    PERMISSIONS,
    Order,
    carry_out,
    open_to,
    preview,
    tickets_among,
)
from servicedesk.tickets.listing import chosen_of
from servicedesk.tickets.models import Ticket
from servicedesk.tickets.reminding import WORDS_MAX
from servicedesk.web.access import actor, requires
from servicedesk.web.desk.blueprint import desk
from servicedesk.web.desk.filters import from_query
from servicedesk.web.forms import number_in, tidy, with_number

STEP_NAMES: Mapping[str, str] = {"remind": N_("催办")}
STEP_ICONS = {"accept": "check", "dispatch": "arrow-right", "assign": "user", "remind": "bell"}
TARGET_FIELDS: Mapping[str, str] = {"dispatch": "unit_id", "assign": "assignee_id"}
NOTE_MAX = 500


def bulk_steps() -> list[tuple[str, str, str]]:
    """Return (step, name, icon) of what this person may do with many tickets."""
    return [(step, step_name(step), STEP_ICONS[step]) for step in open_to(actor())]


def step_name(step: str) -> str:
    """Return the step's name in the person's language."""
    return _(STEP_NAMES.get(step) or BY_NAME[step].label)


@desk.route("/bulk/<bulk_step>", methods=["GET", "POST"])
@requires("workbench.use")
def bulk_preview(bulk_step: str) -> str | Response:
    """Show what the step would do to each chosen ticket; nothing is written."""
    _known_or_404(bulk_step)
    numbers = _chosen()
    if not numbers:
        flash(_("请先勾选工单。"), "warning")
        return redirect(_list_address())
    asked = _asked(bulk_step)
    lines = sorted(preview(actor(), bulk_step, numbers, asked), key=lambda line: not line.reason)
    return render_template(
        "desk/bulk/preview.html",
        step=bulk_step,
        name=step_name(bulk_step),
        lines=lines,
        ready=[line for line in lines if not line.reason],
        numbers=numbers,
        asked=asked,
        target=TARGET_FIELDS.get(bulk_step, ""),
        key=new_token(),
        note_max=WORDS_MAX if bulk_step == "remind" else NOTE_MAX,
        people={person.id: person.name for person in members_of_unit(actor().unit_id)},
        **_places(line.ticket for line in lines),
    )


def _known_or_404(step: str) -> None:
    if step not in PERMISSIONS or not allows(actor(), PERMISSIONS[step]):
        abort(404)


def _chosen() -> list[str]:
    """Return the numbers of the ticked rows, or of the whole list where that was asked for."""
    if request.form.get("all") == "1":
        return chosen_of(actor(), from_query(actor(), _list_query()), LIMIT)
    return request.values.getlist("number")[:LIMIT]


def _list_query() -> str:
    return request.values.get("list", "")[:2000]


def _list_address() -> str:
    query = _list_query()
    return url_for("desk.queue") + (f"?{query}" if query else "")


def _asked(step: str) -> dict[str, Any]:
    """Return what was chosen for all tickets: a unit, or a person of the own unit."""
    if step not in TARGET_FIELDS:
        return {}
    wanted = number_in(request.form.get(TARGET_FIELDS[step], ""))
    return {TARGET_FIELDS[step]: wanted if wanted in _targets(step) else None}


def _places(tickets: Any) -> dict[str, Any]:
    return {
        "unit_names": {unit.id: unit.name for unit in units(actor().park_id)},
        "by_number": {ticket.number: ticket for ticket in tickets},
        "list_query": _list_query(),
        "list_address": _list_address(),
    }


@desk.get("/bulk/<bulk_step>/done")
@requires("workbench.use")
def bulk_over(bulk_step: str) -> Response:
    """Lead a reloaded result back to the queue."""
    return redirect(url_for("desk.queue"))


@desk.post("/bulk/<bulk_step>/done")
@requires("workbench.use")
def bulk_done(bulk_step: str) -> str:
    """Do what the preview showed, each ticket by itself, and say what became of each."""
    _known_or_404(bulk_step)
    said = tidy(request.form.get("words"))[:NOTE_MAX]
    lines = request.form.getlist("line")[:LIMIT]
    known = _targets(bulk_step)
    orders = [_order(bulk_step, text, said, known) for text in lines]
    key = request.form.get("key", "")[:100]
    results = carry_out(actor(), bulk_step, orders, key)
    counted = {
        outcome: sum(result.outcome == outcome for result in results)
        for outcome in ("done", "refused", "changed")
    }
    return render_template(
        "desk/bulk/done.html",
        step=bulk_step,
        name=step_name(bulk_step),
        results=sorted(results, key=lambda result: result.outcome == "done"),
        counted=counted,
        **_places(_tickets_of(orders)),
    )


def _tickets_of(orders: Sequence[Order]) -> list[Ticket]:
    return tickets_among(actor(), [order.number for order in orders])


def _targets(step: str) -> set[int]:
    """Return the row numbers to which a step may send a ticket."""
    if step == "dispatch":
        return {unit.id for unit in units(actor().park_id)}
    if step == "assign":
        return {person.id for person in members_of_unit(actor().unit_id)}
    return set()


def _order(step: str, text: str, said: str, known: Container[int]) -> Order:
    """Read ``number:version:target`` as the preview wrote it; a wrong one meets no ticket."""
    number, _sep, rest = text[:60].partition(":")
    seen, _sep, target = rest.partition(":")
    wanted = number_in(target)
    inputs: dict[str, Any] = {"words": said, "note": said}
    if step in TARGET_FIELDS:
        inputs[TARGET_FIELDS[step]] = wanted if wanted in known else None
    return Order(number, with_number(seen), inputs)
