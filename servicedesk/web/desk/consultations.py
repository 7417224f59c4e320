"""Consultations at the desk (咨询记录): the list, and writing one down."""

from collections.abc import Iterator
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from servicedesk.accounts.queries import names as person_names
from servicedesk.calendars.queries import calendar
from servicedesk.catalogue.queries import item_labels
from servicedesk.clock import clock
from servicedesk.core.training import CHANNELS, ITEM_CODES
from servicedesk.core.words import N_
from servicedesk.enterprises.queries import all_names
from servicedesk.errors import Refused
from servicedesk.streaming import in_chunks
from servicedesk.training.consultations import RECENT, record_consultation
from servicedesk.training.listing import (
    CONSULTATION_SORTS,
    SHOWN,
    ConsultationFilter,
    EventFilter,
    consultations,
    events,
    every_consultation,
)
from servicedesk.training.queries import names as event_names
from servicedesk.web.access import actor, requires
from servicedesk.web.desk.blueprint import desk
from servicedesk.web.desk.event_forms import ConsultationForm
from servicedesk.web.desk.filters import day_of, known_of, text_of
from servicedesk.web.forms import number_of
from servicedesk.web.sheets import send_list
from servicedesk.web.showing import named

COLUMNS = (
    (N_("咨询日期"), 12), (N_("企业"), 32), (N_("咨询事项"), 22), (N_("主题"), 26),
    (N_("咨询方式"), 10), (N_("企业问了什么"), 40), (N_("怎样答复"), 40), (N_("答复人"), 10),
    (N_("活动"), 26),
)  # fmt: skip


@desk.get("/consultations", endpoint="consultations")
@requires("event.view")
def consulted() -> str:
    """List the consultations, narrowed and sorted as the address says."""
    wanted = _wanted()
    rows = consultations(actor().park_id, wanted)
    return render_template(
        "desk/training/consultations.html", wanted=wanted, rows=rows, shown=SHOWN,
        items=_items(), channels=[(code, _(name)) for code, name in CHANNELS.items()],
        sorts=[(code, _(name)) for code, name in CONSULTATION_SORTS.items()],
        people=person_names(one.officer_id for one, _name in rows), channel_names=CHANNELS,
        events=event_names(one.event_id for one, _name in rows),
        firms=len({one.enterprise_id for one, _name in rows}),
    )  # fmt: skip


def _wanted() -> ConsultationFilter:
    return ConsultationFilter(
        q=text_of("q"), item=known_of("item", ITEM_CODES, ""),
        channel=known_of("channel", CHANNELS, ""), enterprise=number_of("enterprise"),
        since=day_of("since"), until=day_of("until"),
        sort=known_of("sort", CONSULTATION_SORTS, "newest"),
    )  # fmt: skip


def _items() -> list[tuple[str, str]]:
    labels = {label.code: label for label in item_labels(actor().park_id)}
    return [(code, named(labels[code])) for code in ITEM_CODES if code in labels]


@desk.get("/consultations/export.xlsx")
@requires("event.view")
def consultation_export() -> Response:
    """Send the list as an Excel file."""
    return send_list(actor(), "consultations", _("咨询记录"), COLUMNS, _rows())


def _rows() -> Iterator[list[Any]]:
    items = dict(_items())
    for rows in in_chunks(every_consultation(actor().park_id, _wanted())):
        people = person_names(one.officer_id for one, _name in rows)
        titles = event_names(one.event_id for one, _name in rows)
        for one, name in rows:
            yield [
                one.held_on, name, items.get(one.item_code, ""), one.topic,
                _(CHANNELS[one.channel]), one.question, one.answer,
                people.get(one.officer_id, ""), titles.get(one.event_id or 0, ""),
            ]  # fmt: skip


@desk.route("/consultations/new", methods=["GET", "POST"])
@requires("consultation.record")
def consultation_new() -> Response | str | tuple[str, int]:
    """Write a consultation down."""
    form = _form(ConsultationForm(request.form if request.method == "POST" else None))
    if request.method == "GET":
        form.held_on.data = calendar(actor().park_id).local(clock.now()).date()
        form.enterprise_id.data = number_of("enterprise") or 0
        form.event_id.data = number_of("event") or 0
        return render_template("desk/training/consultation_new.html", form=form)
    if form.validate():
        try:
            record_consultation(actor(), form.advice())
        except Refused as refused:
            _put(form, refused)
        else:
            flash(_("咨询已记录，计入服务企业。"), "success")
            return redirect(url_for("desk.consultations"))
    return render_template("desk/training/consultation_new.html", form=form), 422


def _form(form: ConsultationForm) -> ConsultationForm:
    park_id = actor().park_id
    since = calendar(park_id).local(clock.now()).date() - RECENT
    recent = events(park_id, EventFilter(since=since))
    form.offer(
        sorted(all_names(park_id).items(), key=lambda pair: pair[1]), _items(),
        [(line.event.id, line.event.title) for line in recent],
    )  # fmt: skip
    return form


def _put(form: Any, refused: Refused) -> None:
    if refused.field and refused.field in form:
        form[refused.field].errors = [*form[refused.field].errors, _(refused.reason)]
    else:
        flash(_(refused.reason), "danger")
