"""Writing a visit down: today's list, the plain form, and the telephone's page that needs no network.

The telephone's page is an empty shell, the same for everybody: a service worker keeps it with its
style and script, and nothing else. What is about people, the stops of today and the records on their
way, the script keeps in the browser's database under the account, and shows to that account only.
"""

import hashlib
from pathlib import Path
from typing import Any

from flask import Response as FlaskResponse
from flask import abort, current_app, flash, jsonify, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_wtf.csrf import generate_csrf
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.wrappers import Response

from servicedesk.catalogue.queries import items
from servicedesk.clock import clock
from servicedesk.core.identifiers import new_token
from servicedesk.core.outreach import REASON_NAMES
from servicedesk.core.permissions import Subject, allows
from servicedesk.enterprises.models import Enterprise
from servicedesk.enterprises.queries import enterprise as get_enterprise
from servicedesk.enterprises.queries import find
from servicedesk.errors import KeyReused, Refused
from servicedesk.extensions import limiter
from servicedesk.outreach.actions import Kept, keep_visit
from servicedesk.outreach.listing import stop as get_stop
from servicedesk.outreach.listing import stops_after, stops_of, visits_by
from servicedesk.outreach.queries import tickets_of_all, today
from servicedesk.reports.masking import masked_phone
from servicedesk.web.access import actor, public, requires, signed_in
from servicedesk.web.desk.blueprint import desk
from servicedesk.web.desk.visit_forms import (
    TOPICS,
    RaisedForm,
    VisitForm,
    check,
    errors_of,
    forms_of_record,
    is_blank,
    moment_of,
    raised_forms,
    report_of,
)
from servicedesk.web.desk.visits import confirmation_link, qr_of
from servicedesk.web.files import keep_all
from servicedesk.web.forms import ROW_MAX
from servicedesk.web.showing import named

ASSETS = (
    "vendor/tabler.min.css", "css/theme.css", "css/app.css", "css/visits.css", "js/theme.js",
    "js/visit-store.js", "js/visit-send.js", "js/visit-phone.js", "vendor/icons.svg", "brand.svg",
)  # fmt: skip
NEXT = 20
BLOCKS = 3
RECORDS_AT_ONCE = 20
KEY_MIN, KEY_MAX = 8, 100


@desk.get("/visits/today")
@requires("visit.record")
def visits_today() -> str:
    """Show the person's own stops: overdue, of today, the next; and what is done today."""
    day, me = today(actor().park_id), actor().user_id or 0
    done = visits_by(me, day)
    return render_template(
        "desk/visits/today.html", due=stops_of(me, day), later=stops_after(me, day, NEXT),
        done=done, tickets=tickets_of_all([row.Visit.id for row in done]), today=day,
        reasons=REASON_NAMES, found=find(actor().park_id, request.args.get("who", "")),
    )  # fmt: skip


# The plain form -------------------------------------------------------------------------------


@desk.route("/visits/new/<int:enterprise_id>", methods=["GET", "POST"])
@requires("visit.record")
def record_visit(enterprise_id: int) -> Response | str | tuple[str, int]:
    """Write a visit down on a page that needs no script, with up to three requests."""
    enterprise = _enterprise_or_404(enterprise_id)
    if request.method == "GET":
        form = VisitForm(visited_on=today(actor().park_id), place=enterprise.address[:100])
        return _form_page(enterprise, form, raised_forms(None, BLOCKS), [], [])
    form, blocks = VisitForm(request.form), raised_forms(request.form, BLOCKS)
    filled = [block for block in blocks if not is_blank(block)]
    kept, failed = keep_all()
    if not check(form, filled) or failed:
        return _form_page(enterprise, form, blocks, kept, failed), 422
    report = report_of(
        form, filled, enterprise_id=enterprise.id, stop_id=_stop_of(request.form.get("stop")),
        photos=tuple(dict.fromkeys([*request.form.getlist("uploads"), *(f.token for f in kept)])),
        key=request.form.get("key", "")[:KEY_MAX],
    )  # fmt: skip
    try:
        done = keep_visit(actor(), report)
    except KeyReused:
        flash(_("这份表单已提交过，请重新填写。"), "danger")
    except Refused as refused:
        _show(refused, form, filled)
    else:
        flash(_("已登记走访，提出的诉求已生成工单。"), "success")
        return redirect(url_for("desk.one_visit", visit_id=done.visit.id))
    return _form_page(enterprise, form, blocks, kept, failed), 422


def _enterprise_or_404(enterprise_id: int) -> Enterprise:
    found = get_enterprise(enterprise_id)
    if found is None or not allows(actor(), "visit.record", Subject(found.park_id, found.id)):
        abort(404)
    return found


def _form_page(
    enterprise: Enterprise, form: VisitForm, blocks: list[RaisedForm], kept: Any, failed: Any
) -> str:
    return render_template(
        "desk/visits/record.html", enterprise=enterprise, form=form, blocks=blocks, kept=kept,
        failed=failed, topics=TOPICS, items=_items(), key=request.form.get("key") or new_token(),
        stop=request.values.get("stop", ""),
    )  # fmt: skip


def _show(refused: Refused, form: VisitForm, blocks: list[RaisedForm]) -> None:
    """Put a refusal where it belongs: at its field, or on top of the page."""
    for one in (form, *blocks):
        for field in one:
            if field.name == refused.field:
                field.errors = [*field.errors, _(refused.reason)]
                return
    flash(_(refused.reason), "danger")


def _stop_of(text: Any) -> int | None:
    """Return the stop that a form names, if the person may see it."""
    number = str(text or "")
    if not (number.isascii() and number.isdigit() and len(number) < 11 and int(number) <= ROW_MAX):
        return None
    found = get_stop(actor(), int(number))
    return found.id if found else None


def _items() -> list[dict[str, str]]:
    listed = [item for item in items(actor().park_id) if item.listed]
    return [{"code": item.code, "name": named(item)} for item in listed]


# The telephone's page -------------------------------------------------------------------------


@desk.get("/visits/phone")
@requires("visit.record")
def visit_phone() -> str:
    """Show the shell, which holds nothing of anybody."""
    return render_template("desk/visits/phone.html")


@desk.get("/visits/phone-worker.js")
@public
def visit_phone_worker() -> FlaskResponse:
    """Return the service worker; a change of any file that it keeps makes it a new one."""
    root = Path(current_app.static_folder or "")
    digest = hashlib.sha256(b"".join((root / name).read_bytes() for name in ASSETS)).hexdigest()
    addresses = [url_for("static", filename=name) for name in ASSETS]
    head = {"version": digest[:16], "page": url_for("desk.visit_phone"), "assets": addresses}
    script = (root / "js" / "visit-worker.js").read_text(encoding="utf-8")
    text = f"const KEPT = {current_app.json.dumps(head)};\n{script}"
    return FlaskResponse(text, mimetype="text/javascript")


@desk.get("/visits/phone/data")
@requires("visit.record")
def visit_phone_data() -> FlaskResponse:
    """Return whose page it is, a token to send with, and what the person needs on the way."""
    day, me = today(actor().park_id), signed_in()
    return jsonify(
        account=str(me.id),
        name=me.name,
        csrf=generate_csrf(),
        today=day.isoformat(),
        now=clock.now().isoformat(),
        stops=[_stop_row(row) for row in stops_of(me.id, day)],
        items=_items(),
        topics=[_(topic) for topic in TOPICS],
    )


def _stop_row(row: Any) -> dict[str, Any]:
    stop, enterprise = row.VisitStop, row.Enterprise
    return {
        "stop": stop.id,
        "enterprise": enterprise.id,
        "name": enterprise.name,
        "area": enterprise.area,
        "address": enterprise.address,
        "contact": enterprise.contact,
        "phone": masked_phone(enterprise.phone),
        "planned_on": stop.planned_on.isoformat(),
        "reasons": [_(REASON_NAMES.get(code, code)) for code in stop.reasons],
    }


@desk.post("/visits/sync")
@requires("visit.record")
@limiter.limit("120/minute")
def sync_visits() -> FlaskResponse | tuple[FlaskResponse, int]:
    """Take records that a telephone kept; each stands or falls by itself.

    Each answer has the record's key and a status: ``done`` (with the tickets' numbers and the
    confirmation link), ``rejected`` (with errors by field), ``different`` (the key stands for
    another content), or ``failed`` (try again later).
    """
    sent = request.get_json(silent=True)
    body = sent if isinstance(sent, dict) else {}
    records = body.get("records")
    if not isinstance(records, list) or len(records) > RECORDS_AT_ONCE:
        return jsonify(error=_("请求不完整或已过期，请返回后重试。")), 400
    if body.get("account") != str(actor().user_id):
        return jsonify(error=_("这些记录属于另一个账号，请由本人登录后发送。")), 409
    return jsonify(results=[_sync(one) for one in records if isinstance(one, dict)])


def _sync(record: dict[str, Any]) -> dict[str, Any]:
    key = record.get("key")
    if not isinstance(key, str) or not KEY_MIN <= len(key) <= KEY_MAX:
        return {"key": key if isinstance(key, str) else "", "status": "rejected", "errors": {}}
    form, blocks = forms_of_record(record)
    if not check(form, blocks):
        return {"key": key, "status": "rejected", "errors": errors_of(form, blocks)}
    try:
        return {"key": key, **_answer(keep_visit(actor(), _report(record, form, blocks, key)))}
    except KeyReused:
        return {"key": key, "status": "different"}
    except Refused as refused:
        name = refused.field or "general"
        return {"key": key, "status": "rejected", "errors": {name: [_(refused.reason)]}}
    except SQLAlchemyError:
        current_app.logger.exception("a record of a visit could not be kept")
        return {"key": key, "status": "failed"}


def _report(record: dict[str, Any], form: VisitForm, blocks: list[RaisedForm], key: str) -> Any:
    photos = record.get("photos")
    tokens = [one for one in photos if isinstance(one, str)] if isinstance(photos, list) else []
    enterprise = record.get("enterprise")
    fits = isinstance(enterprise, int) and 0 < enterprise <= ROW_MAX
    return report_of(
        form, blocks, enterprise_id=enterprise if fits else 0, stop_id=_stop_of(record.get("stop")),
        started_at=moment_of(record.get("started_at")), photos=tuple(tokens[:20]), key=key,
    )  # fmt: skip


def _answer(kept: Kept) -> dict[str, Any]:
    """Say that a visit stands; the link is a new one each time, since the last may have been lost."""
    numbers = [ticket.number for ticket in kept.tickets]
    found = {
        "status": "done",
        "numbers": numbers,
        "address": url_for("desk.one_visit", visit_id=kept.visit.id),
    }
    if kept.visit.confirmed_at is None:
        link = confirmation_link(kept.visit.id)
        found |= {"link": link, "qr": qr_of(link)}
    return found
