"""Hiring for enterprises (招聘用工): asking for people, and confirming who came."""

from typing import Any

from flask import abort, flash, redirect, render_template, request, url_for
from sqlalchemy.exc import IntegrityError, PendingRollbackError
from werkzeug.wrappers import Response

from servicedesk.core.hiring import SOURCES, STANDING_NAMES, Standing, stay_due
from servicedesk.core.identifiers import new_token
from servicedesk.core.words import N_
from servicedesk.enterprises.models import Enterprise
from servicedesk.errors import KeyReused, Refused
from servicedesk.extensions import limiter
from servicedesk.hiring import actions, arrivals, queries
from servicedesk.hiring.models import JobPost
from servicedesk.hiring.queries import SORTS, PostFilter
from servicedesk.tickets.queries import numbers
from servicedesk.web.access import actor, chosen_enterprise, requires, signed_in
from servicedesk.web.desk.hiring import COLUMNS, change, placement_or_404, put, rows_of, today
from servicedesk.web.elsewhere import insist_on_chosen
from servicedesk.web.portal.blueprint import portal
from servicedesk.web.portal.words import _
from servicedesk.web.post_forms import (
    AskingForm,
    CloseForm,
    ConfirmForm,
    OwnArriveForm,
    PostForm,
    StayForm,
    data_of,
)
from servicedesk.web.sheets import send_list

PORTAL_SORTS = {name: SORTS[name] for name in ("newest", "until", "missing")}
MY_TURN = N_("轮到您：确认到岗人数")


@portal.get("/hiring", endpoint="hiring")
@requires("hiring.view")
def posts() -> str:
    """List the enterprise's posts."""
    wanted = _wanted()
    return render_template(
        "portal/hiring/posts.html", lines=queries.posts(actor(), wanted, today()), wanted=wanted,
        standings=STANDING_NAMES, sorts=PORTAL_SORTS, turn=MY_TURN,
    )  # fmt: skip


def _wanted() -> PostFilter:
    standing, sort = request.args.get("standing", ""), request.args.get("sort", "")
    return PostFilter(
        q=request.args.get("q", "").strip()[:60], enterprise=_chosen().id,
        standing=standing if standing in list(Standing) else "",
        sort=sort if sort in PORTAL_SORTS else "newest",
    )  # fmt: skip


def _chosen() -> Enterprise:
    return chosen_enterprise() or abort(404)


@portal.get("/hiring/export.xlsx")
@requires("hiring.view")
def post_export() -> Response:
    """Send the enterprise's list as an Excel file."""
    lines = queries.every_post(actor(), _wanted(), today())
    return send_list(actor(), "hiring", _("招聘用工"), COLUMNS, rows_of(lines))


@portal.route("/hiring/new", methods=["GET", "POST"])
@requires("hiring.post")
@limiter.limit("30/minute", methods=["POST"])
def post_new() -> Response | str | tuple[str, int]:
    """Ask for people: one form makes the post and the request that goes with it."""
    enterprise, person = _chosen(), signed_in()
    if request.method == "GET":
        form = AskingForm(contact=person.name, phone=person.phone, place=enterprise.address)
        return render_template("portal/hiring/new.html", form=form, post=None, key=new_token())
    form, key = AskingForm(request.form), request.form.get("key", "")[:100] or new_token()
    if form.validate():
        try:
            made = _ask_once(form, enterprise.id, key)
        except KeyReused:
            key = new_token()
            flash(_("这张表已经提交过一次。若是另一个岗位，可再次提交。"), "danger")
        except Refused as refused:
            put(form, refused)
        else:
            flash(_("已提交，服务台会对接人社驿站和人力资源市场。"), "success")
            return redirect(url_for("portal.post", post_id=made.id))
    return render_template("portal/hiring/new.html", form=form, post=None, key=key), 422


def _ask_once(form: AskingForm, enterprise_id: int, key: str) -> JobPost:
    """Ask; where the same form arrives twice at once, the second gets the first one's post."""
    draft = form.draft(enterprise_id)
    asking = actions.Asking(form.contact.data or "", form.phone.data or "", key)
    try:
        return actions.ask_for_people(actor(), draft, asking)
    except (IntegrityError, PendingRollbackError):
        return actions.ask_for_people(actor(), draft, asking)


@portal.get("/hiring/<int:post_id>")
@requires("hiring.view")
def post(post_id: int) -> str:
    """Show a post: who was sent, who came, what is to be confirmed."""
    return _page(_own_or_404(post_id))


def _own_or_404(post_id: int) -> JobPost:
    """Return a post of the chosen enterprise; a stranger's does not exist."""
    found = queries.post_by_number(post_id)
    if found is None or found.park_id != actor().park_id:
        abort(404)
    insist_on_chosen(found.enterprise_id)
    return found


def _page(found: JobPost, **more: Any) -> str:
    forms: dict[str, Any] = {
        "own": OwnArriveForm(on_day=today()), "close": CloseForm(), "confirm": ConfirmForm(),
        "stay": StayForm(),
    }  # fmt: skip
    return render_template(
        "portal/hiring/post.html", post=found, line=queries.line_of(found, today()),
        referrals=queries.referrals(found.id), placements=queries.placements(found.id),
        sources=SOURCES, standings=STANDING_NAMES, today=today(), stay_due=stay_due,
        ticket_number=numbers([found.ticket_id]).get(found.ticket_id) if found.ticket_id else None,
        **{**forms, **more},
    )  # fmt: skip


@portal.route("/hiring/<int:post_id>/edit", methods=["GET", "POST"])
@requires("hiring.post")
def post_edit(post_id: int) -> Response | str | tuple[str, int]:
    """Change a post."""
    found = _own_or_404(post_id)
    if request.method == "GET":
        form = PostForm(data=data_of(found))
        return render_template("portal/hiring/new.html", form=form, post=found, key="")
    form = PostForm(request.form)
    status = change(form, found)
    if status == 302:
        return redirect(url_for("portal.post", post_id=post_id))
    page = render_template("portal/hiring/new.html", form=form, post=_own_or_404(post_id), key="")
    return page, status


@portal.post("/hiring/<int:post_id>/confirm/<int:placement_id>")
@requires("hiring.confirm")
def post_confirm(post_id: int, placement_id: int) -> Response | tuple[str, int]:
    """Say how many really came."""
    found, form = _own_or_404(post_id), ConfirmForm(request.form)
    row = placement_or_404(found, placement_id)
    if form.validate():
        try:
            number = form.confirmed.data or 0
            arrivals.confirm_arrival(actor(), row.id, number, form.over_reason.data or "")
            return _done(post_id, _("谢谢确认，已计入到岗人数。"))
        except Refused as refused:
            put(form, refused)
    return _page(found, confirm=form, opened=f"confirm-{row.id}"), 422


@portal.post("/hiring/<int:post_id>/arrive")
@requires("hiring.confirm")
def post_arrive(post_id: int) -> Response | tuple[str, int]:
    """Say by oneself how many came on a day."""
    found, form = _own_or_404(post_id), OwnArriveForm(request.form)
    if form.validate():
        try:
            day, reason = form.on_day.data or today(), form.over_reason.data or ""
            arrivals.report_own_arrival(actor(), found.id, day, form.reported.data or 0, reason)
            return _done(post_id, _("已登记到岗人数。"))
        except Refused as refused:
            put(form, refused)
    return _page(found, own=form, opened="own"), 422


@portal.post("/hiring/<int:post_id>/stay/<int:placement_id>")
@requires("hiring.confirm")
def post_stay(post_id: int, placement_id: int) -> Response | tuple[str, int]:
    """Say who is still at work after 30 days."""
    found, form = _own_or_404(post_id), StayForm(request.form)
    row = placement_or_404(found, placement_id)
    if form.validate():
        try:
            arrivals.note_stay(actor(), row.id, form.stayed.data or 0)
            return _done(post_id, _("谢谢，在岗人数已登记。"))
        except Refused as refused:
            put(form, refused)
    return _page(found, stay=form, opened=f"stay-{row.id}"), 422


@portal.post("/hiring/<int:post_id>/close")
@requires("hiring.post")
def post_close(post_id: int) -> Response | tuple[str, int]:
    """End a post."""
    found, form = _own_or_404(post_id), CloseForm(request.form)
    if form.validate():
        try:
            actions.close_post(actor(), found.id, form.reason.data or "")
            return _done(post_id, _("岗位已关闭。"))
        except Refused as refused:
            put(form, refused)
    return _page(found, close=form, opened="close"), 422


def _done(post_id: int, said: str) -> Response:
    flash(said, "success")
    return redirect(url_for("portal.post", post_id=post_id))
