"""The joint meeting's pages (联席会议): its home, one meeting with its agenda, the minutes."""

import tempfile
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

from flask import abort, render_template, send_file
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from servicedesk.accounts.queries import staff
from servicedesk.audit.actions import record_alone
from servicedesk.calendars.queries import calendar
from servicedesk.clock import clock
from servicedesk.core.meetings import ITEM_NAMES, KIND_NAMES, MEETING_NAMES, NEEDS_VERDICT
from servicedesk.core.permissions import allows
from servicedesk.core.words import N_
from servicedesk.core.workflow import BY_NAME
from servicedesk.enterprises.queries import names as enterprise_names
from servicedesk.meetings import minutes, queries
from servicedesk.meetings.models import Meeting
from servicedesk.meetings.queries import Matter
from servicedesk.organisation.queries import units
from servicedesk.tickets.queries import actions_for
from servicedesk.web.access import actor, requires
from servicedesk.web.desk.blueprint import desk
from servicedesk.web.desk.meeting_forms import (
    VERDICTS,
    AddForm,
    CancelForm,
    DecisionForm,
    DropForm,
    HoldForm,
    PartForm,
    SettleForm,
)

WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
CHANGED = N_("会议刚刚被别人修改过。您写的内容还在，请看过变化后再提交。")

ITEMS_UNTIL = timedelta(days=30)  # later a meeting is history and takes no more items


@dataclass(slots=True)
class Attempt:
    """A form that came back; ``item_id`` the matter that it stands at, or ``None``."""

    form: PartForm | None = None
    item_id: int | None = None
    note: str = ""
    shown: dict[str, Any] = field(default_factory=dict)

    def of(self, step: str, item_id: int | None = None) -> PartForm | None:
        """Return the form that came back, if it is this one."""
        own = self.form is not None and self.form.step == step and self.item_id == item_id
        return self.form if own else None


@desk.get("/joint-meeting")
@requires("joint_meeting.view")
def joint_meeting() -> str:
    """Show what waits, the next meeting, the meetings so far, and the decisions that are open."""
    return home(Attempt())


def home(attempt: Attempt) -> str:
    """Return the meetings' home; a form that came back keeps what was typed."""
    person = actor()
    waiting, found = queries.waiting(person), queries.meetings(person.park_id)
    coming = queries.next_planned(found)
    return render_template(
        "desk/meetings/home.html", waiting=waiting, coming=coming, meetings=found,
        unfinished=queries.unfinished(person.park_id), sizes=queries.sizes(person.park_id),
        counts=queries.decision_counts(person), shows=queries.SHOWS,
        open_decisions=queries.decisions(person, queries.Wanted())[:8],
        add=attempt.of("add") or AddForm(), attempt=attempt, **_words(waiting),
    )  # fmt: skip


def _words(matters: list[Matter]) -> dict[str, Any]:
    return {
        "kinds": KIND_NAMES, "item_names": ITEM_NAMES, "meeting_names": MEETING_NAMES,
        "firms": enterprise_names({one.ticket.enterprise_id for one in matters}),
        "needs_verdict": NEEDS_VERDICT, "may_manage": allows(actor(), "meeting.manage"),
    }  # fmt: skip


def meeting_or_404(meeting_id: int) -> Meeting:
    """Return a meeting of the park; any other does not exist."""
    return queries.meeting(actor(), meeting_id) or abort(404)


@desk.get("/meetings/<int:meeting_id>", endpoint="meeting")
@requires("joint_meeting.view")
def show(meeting_id: int) -> str:
    """Show one meeting: agenda, verdicts, decisions."""
    return page(meeting_or_404(meeting_id), Attempt())


def page(found: Meeting, attempt: Attempt) -> str:
    """Return the page of a meeting; a form that came back keeps what was typed."""
    person = actor()
    matters, waiting = queries.agenda(person, found.id), queries.waiting(person)
    managing = allows(person, "meeting.manage") and found.state != "cancelled"
    return render_template(
        "desk/meetings/meeting.html", meeting=found, matters=matters, waiting=waiting,
        lines=queries.decisions_of(person, found.id), managing=managing, attempt=attempt,
        takes_items=found.state == "planned" or clock.now() - found.starts_at < ITEMS_UNTIL,
        hold=attempt.of("hold") or HoldForm(
            seen=found.version, chair=found.chair, attendees=found.attendees, summary=found.summary
        ),
        cancel=attempt.of("cancel") or CancelForm(seen=found.version),
        add=attempt.of("add") or AddForm(),
        forms=_matter_forms(found, matters, attempt) if managing else {},
        free=_decision_form(found, None, attempt) if managing else None,
        begun=_has_begun(found), verdict_names={name: BY_NAME[name].label for name in VERDICTS},
        **_words([*matters, *waiting]),
    )  # fmt: skip


def _has_begun(found: Meeting) -> bool:
    """Tell whether the meeting's day has come: from then on it can be written down."""
    hours = calendar(found.park_id)
    return hours.local(clock.now()).date() >= hours.local(found.starts_at).date()


def _matter_forms(
    found: Meeting, matters: list[Matter], attempt: Attempt
) -> dict[int, dict[str, PartForm]]:
    """Return for each open matter the forms that this person may send now, by their steps."""
    forms: dict[int, dict[str, PartForm]] = {}
    for matter in matters:
        if matter.item.state != "listed":
            continue
        own: dict[str, PartForm] = {}
        if found.state == "held":
            for name in _verdicts_open(matter):
                own[name] = _verdict_form(name, matter, attempt)
            own["decide"] = _decision_form(found, matter, attempt)
        if matter.item.kind not in NEEDS_VERDICT:
            made = attempt.of("drop", matter.item.id)
            own["drop"] = made or DropForm(suffix=matter.item.id)
        forms[matter.item.id] = own
    return forms


def _verdicts_open(matter: Matter) -> list[str]:
    if not matter.open:
        return []
    return [step.name for step in actions_for(actor(), matter.ticket) if step.name in VERDICTS]


def _verdict_form(name: str, matter: Matter, attempt: Attempt) -> PartForm:
    made = attempt.of(name, matter.item.id)
    form = made or VERDICTS[name](suffix=matter.item.id, seen=matter.ticket.version)
    offer(form)
    return form


def _decision_form(found: Meeting, matter: Matter | None, attempt: Attempt) -> PartForm:
    number = matter.item.id if matter else None
    made = attempt.of("decide", number)
    unit = matter.ticket.unit_id if matter else None
    form = made or DecisionForm(suffix=number or "", seen=found.version, unit=unit)
    offer(form)
    return form


def offer(form: PartForm) -> None:
    """Give a form the choices that the park has."""
    park_units = units(actor().park_id)
    if isinstance(form, DecisionForm):
        people = [one for one in staff(actor().park_id) if one.active]
        form.offer(park_units, people, _("不指定"))
    elif isinstance(form, SettleForm):
        form.unit_id.choices = [(one.id, one.name) for one in park_units]


@desk.get("/meetings/<int:meeting_id>/minutes.docx", endpoint="meeting_minutes")
@requires("meeting.manage")
def minutes_as_word(meeting_id: int) -> Response:
    """Send the minutes as Word; that they were taken out is in the audit trail."""
    found = meeting_or_404(meeting_id)
    if found.state != "held":
        abort(404)
    file = tempfile.NamedTemporaryFile(suffix=".docx")  # noqa: SIM115 - send_file closes it
    minutes.write(actor(), found, Path(file.name))
    record_alone(actor(), "meeting.minutes", "meeting", found.id)
    name = f"联席会议纪要-{found.year}-{found.number}.docx"
    return send_file(file, mimetype=WORD, as_attachment=True, download_name=name)
