"""One's notices (通知): the list, marking them as read, and what an open page asks for every while."""

from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode

from flask import Response, abort, jsonify, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as Answer

from servicedesk.clock import clock
from servicedesk.core.permissions import Role
from servicedesk.notifications.actions import mark_read
from servicedesk.notifications.queries import KINDS, PAGE, news, notice_of
from servicedesk.notifications.queries import page as notice_page
from servicedesk.tickets.queries import numbers
from servicedesk.web.access import actor, chosen_enterprise, requires, signed_in
from servicedesk.web.account.views import account
from servicedesk.web.forms import number_of
from servicedesk.web.safety import local_path

OVERLAP = timedelta(seconds=30)  # a transaction may be that late; the page knows what it has shown
OLDEST = timedelta(days=1)  # a page that slept for longer is not told of every day it has missed


@account.get("/notices")
@requires("account.use")
def notices() -> str:
    """List one's notices, newest first; a requester's for the chosen enterprise."""
    kind = request.args.get("kind", "")
    if kind and kind not in KINDS:
        abort(400)
    only_unread = request.args.get("show") == "unread"
    rows = notice_page(
        signed_in().id, number_of("before"), acting_for(), kind, only_unread=only_unread
    )
    shown = rows[:PAGE]
    tickets = numbers({row.ticket_id for row in shown if row.ticket_id})
    more = {"before": shown[-1].id} if len(rows) > PAGE else None
    kept = {name: request.args[name] for name in ("show", "kind") if request.args.get(name)}
    return render_template(
        "account/notices.html", notices=shown, tickets=tickets, kinds=KINDS, kind=kind,
        only_unread=only_unread, kept=kept, back=request.full_path,
        next_address="?" + urlencode({**kept, **more}) if more else "",
    )  # fmt: skip


@account.post("/notices/read")
@requires("account.use")
def read_notices() -> Answer:
    """Mark all visible notices as read."""
    mark_read(signed_in().id, enterprise_id=acting_for())
    return redirect(_back())


@account.post("/notices/<int:notice_id>/read")
@requires("account.use")
def read_notice(notice_id: int) -> Answer:
    """Mark one notice as read."""
    if notice_of(signed_in().id, notice_id) is None:
        abort(404)
    mark_read(signed_in().id, notice_id)
    return redirect(_back())


def _back() -> str:
    return local_path(request.form.get("back", "")) or url_for("account.notices")


@account.get("/notices/new")
@requires("account.use")
def new_notices() -> Response:
    """Tell an open page the number on the bell and what is new since ``after``, which it was given.

    ``after`` is a moment in milliseconds, not a number of a notice: a notice may become visible
    later than one that was written after it. Looking back a little, nothing falls between two
    answers; what was shown already the page knows by its number. Nothing is said that the page of
    notices does not say. Asking does not count as using the account (see ``web.access``).
    """
    now = clock.now()
    found = news(signed_in().id, _since(now), acting_for())
    tickets = numbers({row.ticket_id for row in found.fresh if row.ticket_id})
    fresh = [
        {
            "id": row.id,
            "text": _(row.text),
            "detail": row.detail,
            "urgent": row.urgent,
            "link": _link(tickets.get(row.ticket_id), row.link),
            "read": url_for("account.read_notice", notice_id=row.id),
        }
        for row in found.fresh
    ]
    answer = jsonify(unread=found.unread, after=int(now.timestamp() * 1000), notices=fresh)
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _since(now: datetime) -> datetime:
    """Return from when on the page wants to know; whatever is no moment means from now on."""
    text = request.args.get("after", "")
    if not (text.isascii() and text.isdigit() and len(text) < 15):
        return now
    asked = datetime.fromtimestamp(int(text) / 1000, UTC) - OVERLAP
    return max(now - OLDEST, min(asked, now))


def _link(number: str | None, link: str) -> str:
    return url_for("account.ticket", number=number) if number else link


def acting_for() -> int | None:
    """Return the enterprise that a requester acts for; staff see all of their notices."""
    chosen = chosen_enterprise() if actor().role is Role.REQUESTER else None
    return chosen.id if chosen else None
