"""Letters of authorization at the desk: the list, drawing up, paper signatures, originals."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from flask import Response, abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as Answer

from servicedesk.accounts.queries import holding, names
from servicedesk.catalogue.queries import items, items_by_id
from servicedesk.core.authorization import HAND_IN, STANDING_NAMES, SUPPLEMENT, last_day
from servicedesk.core.permissions import Subject, allows
from servicedesk.core.words import N_
from servicedesk.enterprises.models import Enterprise
from servicedesk.enterprises.queries import enterprise as get_enterprise
from servicedesk.enterprises.queries import find
from servicedesk.errors import Conflict, Refused
from servicedesk.materials import listing
from servicedesk.materials.letters import (
    AGENTS,
    permission_to_revoke,
    prepare,
    receive_original,
    record_signed,
    return_original,
    revoke,
)
from servicedesk.materials.models import Authorization
from servicedesk.materials.papers import letter_paper
from servicedesk.materials.queries import letter, letter_of, originals_of, scan_of, today
from servicedesk.materials.queries import original as find_original
from servicedesk.web.access import actor, requires
from servicedesk.web.desk.blueprint import desk
from servicedesk.web.desk.lists import next_address, wanted_from_address
from servicedesk.web.files import keep_all
from servicedesk.web.forms import number_of, with_number
from servicedesk.web.letter_forms import (
    LetterForm,
    OriginalForm,
    ReturnForm,
    RevokeForm,
    ScanForm,
)
from servicedesk.web.papers import send_paper
from servicedesk.web.sheets import send_list, wall_time

USUAL_DAYS = 89
LETTER_COLUMNS = (
    (N_("编号"), 20), (N_("企业"), 34), (N_("受托人"), 10), (N_("事项"), 40), (N_("开始"), 12),
    (N_("结束"), 12), (N_("状态"), 10), (N_("签署时间"), 17), (N_("撤销原因"), 30),
)  # fmt: skip
ORIGINAL_COLUMNS = (
    (N_("企业"), 34), (N_("委托书编号"), 20), (N_("原件名称"), 28), (N_("份数"), 6),
    (N_("接收时间"), 17), (N_("移交人"), 10), (N_("退还时间"), 17), (N_("领回人"), 10),
)  # fmt: skip


@desk.get("/letters", endpoint="letters")
@requires("authorization.view")
def letters() -> str:
    """Show the park's letters."""
    wanted = wanted_from_address(listing.LETTER_STATES, listing.LETTER_SORTS)
    found = listing.letters(actor().park_id, wanted)
    return render_template(
        "desk/letters.html", wanted=wanted, found=found, next_address=next_address(found),
        states=listing.LETTER_STATES, sorts=listing.LETTER_SORTS, item_names=_item_names(),
    )  # fmt: skip


@desk.get("/letters/export.xlsx")
@requires("authorization.view")
def export_letters() -> Response:
    """Send the list as an Excel file."""
    wanted = wanted_from_address(listing.LETTER_STATES, listing.LETTER_SORTS)
    found = listing.every_letter(actor().park_id, wanted)
    known, day = _item_names(), today(actor().park_id)

    def rows() -> Iterator[list[Any]]:
        for row, enterprise, agent in found:
            named = [known[code].name if code in known else code for code in row.item_codes]
            yield [
                row.number, enterprise, agent, "、".join(named), row.starts_on, row.ends_on,
                _(STANDING_NAMES[letter_of(row).standing(day)]), wall_time(row.signed_at),
                row.revoke_reason,
            ]  # fmt: skip

    return send_list(actor(), "letter", _("授权委托书"), LETTER_COLUMNS, rows())


@desk.route("/letters/new", methods=["GET", "POST"])
@requires("authorization.prepare")
def new_letter() -> Answer | str | tuple[str, int]:
    """Choose the enterprise, then draw a letter up."""
    enterprise = _chosen(number_of("enterprise"))
    if enterprise is None:
        found = find(actor().park_id, request.args.get("who", ""))
        return render_template("desk/letter_for.html", found=found)
    form = _form(enterprise)
    if request.method == "POST" and form.validate():
        try:
            made = prepare(actor(), enterprise.id, form.terms())
        except Refused as refused:
            form[refused.field or "items"].errors = [_(refused.reason)]
        else:
            flash(_("委托书已起草，已通知企业管理员签署；也可以打印签字后登记。"), "success")
            return redirect(url_for("desk.letter", letter_id=made.id))
    page = render_template("desk/new_letter.html", form=form, enterprise=enterprise)
    return page if request.method == "GET" else (page, 422)


def _chosen(enterprise_id: int | None) -> Enterprise | None:
    found = get_enterprise(enterprise_id) if enterprise_id else None
    if found is None or not allows(actor(), "enterprise.view", Subject(found.park_id, found.id)):
        return None
    return found


def _form(enterprise: Enterprise) -> LetterForm:
    day = today(enterprise.park_id)
    data = {
        "items": [code for code in request.args.getlist("item") if code],
        "powers": [HAND_IN, SUPPLEMENT], "agent_id": actor().user_id, "starts_on": day,
        "ends_on": min(day + timedelta(days=USUAL_DAYS), last_day(day)),
    }  # fmt: skip
    form = LetterForm(request.form if request.method == "POST" else None, data=data)
    chosen = [item for item in items(enterprise.park_id) if item.authorization != "none"]
    form.fill(chosen, [one for role in AGENTS for one in holding(enterprise.park_id, role)])
    return form


@desk.get("/letters/<int:letter_id>", endpoint="letter")
@requires("authorization.view")
def show_letter(letter_id: int) -> str:
    """Show a letter with its hand-over list."""
    return _page(_letter(letter_id))


@desk.get("/letters/<int:letter_id>/paper", endpoint="letter_paper")
@requires("authorization.view")
def send_letter(letter_id: int) -> Response:
    """Send a letter as Word, to be signed on paper or filed."""
    found = _letter(letter_id)
    return send_paper(letter_paper(found), f"授权委托书{found.number}")


@desk.post("/letters/<int:letter_id>/signed")
@requires("authorization.record_signed")
def record_letter(letter_id: int) -> Answer | tuple[str, int]:
    """Note a signature on paper, with its scan."""
    found, form = _letter(letter_id), ScanForm(request.form)
    kept, failed = keep_all()
    more: dict[str, Any] = {"scan": form, "kept": kept, "failed": failed, "opened": "scan"}
    if not form.validate() or failed:
        return _page(found, **more), 422
    tokens, seen = [one.token for one in kept], with_number(form.seen.data)
    try:
        record_signed(actor(), found.id, form.signer.data or "", tokens, seen)
    except Conflict:
        return _outdated(letter_id, **more)
    except Refused as refused:
        failed.append(_(refused.reason))
        return _page(_letter(letter_id), **more), 422
    flash(_("已登记签署，可以代办。"), "success")
    return redirect(url_for("desk.letter", letter_id=letter_id))


@desk.post("/letters/<int:letter_id>/revoke")
@requires("authorization.prepare")
def revoke_letter(letter_id: int) -> Answer | tuple[str, int]:
    """Drop a draft, or note a revocation on paper."""
    found, form = _letter(letter_id), RevokeForm(request.form)
    more: dict[str, Any] = {"revoking": form, "opened": "revoke"}
    if not form.validate():
        return _page(found, **more), 422
    try:
        revoke(actor(), found.id, form.reason.data or "", with_number(form.seen.data))
    except Conflict:
        return _outdated(letter_id, **more)
    except Refused as refused:
        form.reason.errors = [_(refused.reason)]
        return _page(_letter(letter_id), **more), 403 if refused.kind == "permission" else 422
    flash(_("委托书已撤销。"), "success")
    return redirect(url_for("desk.letter", letter_id=letter_id))


def _outdated(letter_id: int, **more: Any) -> tuple[str, int]:
    flash(_("委托书刚刚有了变化，请看过再操作。"), "danger")
    return _page(_letter(letter_id), **more), 409


# Originals ---------------------------------------------------------------------------------------


@desk.post("/letters/<int:letter_id>/originals")
@requires("authorization.originals")
def add_original(letter_id: int) -> Answer | tuple[str, int]:
    """Note an original that the desk takes over."""
    found, form = _letter(letter_id), OriginalForm(request.form)
    more: dict[str, Any] = {"original": form, "opened": "original"}
    if not form.validate():
        return _page(found, **more), 422
    try:
        receive_original(
            actor(), found.id, form.name.data or "", form.copies.data or 0,
            form.handed_by.data or "",
        )  # fmt: skip
    except Refused as refused:
        form.name.errors = [_(refused.reason)]
        return _page(found, **more), 422
    flash(_("已登记接收原件。"), "success")
    return redirect(url_for("desk.letter", letter_id=letter_id, _anchor="originals"))


@desk.post("/originals/<int:original_id>/return")
@requires("authorization.originals")
def give_back(original_id: int) -> Answer | tuple[str, int]:
    """Note that an original went back."""
    original = find_original(actor(), original_id) or abort(404)
    found, form = _letter(original.letter_id), ReturnForm(request.form)
    if not form.validate():
        flash(_("请填写领回人。"), "danger")
        return _page(found), 422
    try:
        return_original(actor(), original_id, form.taken_by.data or "")
        flash(_("已登记退还。"), "success")
    except Refused as refused:
        flash(_(refused.reason), "danger")
    return redirect(url_for("desk.letter", letter_id=original.letter_id, _anchor="originals"))


@desk.get("/originals", endpoint="originals")
@requires("authorization.originals")
def originals() -> str:
    """Show the originals that the park has, or had."""
    wanted = wanted_from_address(listing.ORIGINAL_STATES, listing.ORIGINAL_SORTS)
    found = listing.originals(actor().park_id, wanted)
    return render_template(
        "desk/originals.html", wanted=wanted, found=found, next_address=next_address(found),
        states=listing.ORIGINAL_STATES, sorts=listing.ORIGINAL_SORTS,
    )  # fmt: skip


@desk.get("/originals/export.xlsx")
@requires("authorization.originals")
def export_originals() -> Response:
    """Send the list as an Excel file."""
    wanted = wanted_from_address(listing.ORIGINAL_STATES, listing.ORIGINAL_SORTS)
    found = listing.every_original(actor().park_id, wanted)

    def rows() -> Iterator[list[Any]]:
        for row, enterprise, held in found:
            yield [
                enterprise, held.number, row.name, row.copies, wall_time(row.received_at),
                row.handed_by, wall_time(row.returned_at), row.taken_by,
            ]  # fmt: skip

    return send_list(actor(), "original", _("原件交接"), ORIGINAL_COLUMNS, rows())


def _letter(letter_id: int) -> Authorization:
    return letter(actor(), letter_id) or abort(404)


def _item_names() -> dict[str, Any]:
    return {item.code: item for item in items_by_id(actor().park_id).values()}


def _page(found: Authorization, **more: Any) -> str:
    enterprise = get_enterprise(found.enterprise_id) or abort(404)
    subject = Subject(enterprise.park_id, enterprise.id)
    lines = originals_of(found.id)
    people = [found.agent_id, found.prepared_by_id, found.signed_by_id, found.revoked_by_id]
    staff = [person for line in lines for person in (line.received_by_id, line.returned_by_id)]
    forms = {
        "scan": ScanForm(seen=found.version),
        "revoking": RevokeForm(seen=found.version),
        "original": OriginalForm(),
    }
    return render_template(
        "desk/letter.html", letter=found, enterprise=enterprise, item_names=_item_names(),
        people=names([*people, *staff]), originals=lines,
        scan_file=scan_of(found),
        may_revoke=allows(actor(), permission_to_revoke(actor(), found), subject),
        **{**forms, **more},
    )  # fmt: skip
