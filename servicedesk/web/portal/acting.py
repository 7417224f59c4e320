"""For whom a person acts (正在为谁办事): switching, and nothing ever done for the wrong enterprise.

Every portal page is about the chosen enterprise only. Every form carries the enterprise for which
it was opened (the ``csrf`` macro writes it); one that was opened for another than is chosen now is
not carried out: everything typed is shown again with what can be done.
"""

from typing import Any

from flask import Flask, abort, flash, make_response, redirect, render_template, request, url_for
from flask_login import current_user
from werkzeug.wrappers import Response

from servicedesk.core.permissions import PART_NAMES, Role
from servicedesk.enterprises.models import Enterprise
from servicedesk.notifications.queries import unread_by_enterprise
from servicedesk.web.access import (
    act_for,
    chosen_enterprise,
    my_enterprises,
    my_memberships,
    requires,
    signed_in,
)
from servicedesk.web.elsewhere import insist_on_chosen as insist_on_chosen
from servicedesk.web.files import keep_all
from servicedesk.web.forms import with_number
from servicedesk.web.portal.blueprint import portal
from servicedesk.web.portal.words import _
from servicedesk.web.safety import local_path

FIELD = "acting_for"  # in every form: the enterprise for which the page was shown
SWITCH = "switch_to"  # a button: act for this one from now on, and go on
NOT_TYPED = frozenset({"csrf_token", FIELD, SWITCH})
OF_THE_MACHINE = NOT_TYPED | {"key", "seen", "uploads", "version", "enterprise"}
HANDLES_ITSELF = frozenset({"portal.choose_enterprise", "portal.file"})
CATALOGUE_ONLY = frozenset({"code"})  # what an address may name and still be for everybody


@portal.post("/enterprise/choose")
@requires("portal.use")
def choose_enterprise() -> Response:
    """Act for another of one's enterprises from now on."""
    wanted = with_number(request.form.get("enterprise"))
    name = next((one.name for one in my_enterprises() if one.id == wanted), None)
    if name is None:
        abort(404)
    act_for(wanted)
    flash(_("已切换，现在为 %(name)s 办事。", name=name), "success")
    return redirect(local_path(request.form.get("next", "")) or url_for("portal.home"))


@portal.before_request
def refuse_a_form_of_another_enterprise() -> Response | None:
    """Stop a form that was opened for another enterprise than the one that is chosen now."""
    if request.method != "POST" or not _is_requester():
        return None
    _switch_if_asked()
    meant, chosen = request.form.get(FIELD, ""), chosen_enterprise()
    if not meant or request.endpoint in HANDLES_ITSELF:
        return None
    if chosen is not None and with_number(meant) == chosen.id:
        return None
    return make_response(_shown_again(with_number(meant)), 409)


def _is_requester() -> bool:
    return bool(current_user.is_authenticated) and current_user.role == Role.REQUESTER


def _switch_if_asked() -> None:
    wanted = with_number(request.form.get(SWITCH))
    if wanted in {one.id for one in my_enterprises()}:
        act_for(wanted)


def _shown_again(meant: int) -> str:
    """Return the page that keeps all of a form; files that came with it are kept as uploads."""
    kept, failed = keep_all()
    sent = [pair for pair in request.form.items(multi=True) if pair[0] not in NOT_TYPED]
    sent = [pair for pair in sent if pair[0] != "uploads"]
    sent += [("uploads", upload.token) for upload in kept]
    typed = [
        value
        for name, value in request.form.items(multi=True)
        if name not in OF_THE_MACHINE and value.strip() and not value.isdigit()
    ]
    theirs = next((one for one in my_enterprises() if one.id == meant), None)
    return render_template(
        "portal/elsewhere.html", theirs=theirs, sent=sent, typed=typed, kept=kept, failed=failed
    )


def safe_page() -> str:
    """Return where switching leads: this page where it is a list, else the home page."""
    endpoint, names = request.endpoint or "", set(request.view_args or {})
    ours = endpoint == "account.notices" or endpoint.startswith("portal.")
    if request.method == "GET" and ours and names <= CATALOGUE_ONLY:
        return request.path
    return url_for("portal.home")


def acting_for() -> str:
    """Return the chosen enterprise's number for the hidden field of every form."""
    chosen = chosen_enterprise() if _is_requester() else None
    return str(chosen.id) if chosen else ""


def _context() -> dict[str, Any]:
    return {"acting_bar": _acting_bar}


def _acting_bar() -> dict[str, Any] | None:
    """Return what the bar shows: for whom, as what, and the others with their unread notices."""
    chosen = chosen_enterprise()
    if chosen is None:
        return None
    mine = my_memberships()
    part = next(part for one, part in mine if one is chosen)
    others: list[tuple[Enterprise, str]] = [
        (one, _(PART_NAMES[played])) for one, played in mine if one is not chosen
    ]
    return {
        "enterprise": chosen,
        "part": _(PART_NAMES[part]),
        "others": others,
        "unread": unread_by_enterprise(signed_in().id) if others else {},
        "next": safe_page(),
    }


def register(app: Flask) -> None:
    """Give every template the bar, and every form its hidden field."""
    app.context_processor(_context)
    app.jinja_env.globals["acting_for"] = acting_for
