"""Hiring at the desk and at the market (招聘用工): posts, referrals, arrivals."""

from collections.abc import Iterable, Iterator
from datetime import date
from typing import Any

from flask import abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response
from wtforms import Form

from servicedesk.clock import clock
from servicedesk.core.hiring import SOURCES, STANDING_NAMES, Standing, stay_due
from servicedesk.core.permissions import allows
from servicedesk.core.words import N_
from servicedesk.enterprises.queries import all_names
from servicedesk.errors import Conflict, Refused
from servicedesk.hiring import actions, arrivals, queries
from servicedesk.hiring.models import JobPost, Placement
from servicedesk.hiring.queries import SHOWN, SORTS, PostFilter
from servicedesk.organisation.queries import units
from servicedesk.streaming import in_chunks
from servicedesk.tickets.facts import ZONE
from servicedesk.tickets.models import Ticket
from servicedesk.tickets.queries import numbers
from servicedesk.web.access import actor, requires
from servicedesk.web.desk.blueprint import desk
from servicedesk.web.desk.filters import day_of, known_of, text_of
from servicedesk.web.desk.tickets import ticket_or_404
from servicedesk.web.forms import number_of, with_number
from servicedesk.web.post_forms import (
    ArriveForm,
    CloseForm,
    DeskPostForm,
    PostForm,
    ReferForm,
    StayForm,
    data_of,
)
from servicedesk.web.sheets import send_list, wall_time

COLUMNS = (
    (N_("企业"), 32), (N_("岗位"), 20), (N_("招聘人数"), 10), (N_("薪资待遇"), 24),
    (N_("工作地点"), 26), (N_("招聘截止日期"), 14), (N_("岗位状态"), 10), (N_("推荐（人次）"), 12),
    (N_("面试（人次）"), 12), (N_("待确认（人）"), 12), (N_("到岗（人，企业确认）"), 18),
    (N_("登记时间"), 17), (N_("工单号"), 20),
)  # fmt: skip


def today() -> date:
    """Return the park's local date."""
    return clock.now().astimezone(ZONE).date()


@desk.get("/hiring", endpoint="hiring")
@requires("hiring.view")
def posts() -> str:
    """List the posts, narrowed and sorted as the address says."""
    wanted = post_filter()
    lines = queries.posts(actor(), wanted, today())
    return render_template(
        "desk/hiring/posts.html", wanted=wanted, lines=lines, shown=SHOWN,
        standings=[(str(code), _(name)) for code, name in STANDING_NAMES.items()],
        sources=[(code, _(name)) for code, name in SOURCES.items()],
        sorts=[(code, _(name)) for code, name in SORTS.items()], standing_names=STANDING_NAMES,
        sums=_sums(lines),
    )  # fmt: skip


def post_filter() -> PostFilter:
    """Return the filter that the address asks for; a wrong name is a 400."""
    return PostFilter(
        q=text_of("q"), standing=known_of("standing", list(Standing), ""),
        source=known_of("source", SOURCES, ""), enterprise=number_of("enterprise"),
        ticket=number_of("ticket"), since=day_of("since"), until=day_of("until"),
        unconfirmed=request.args.get("unconfirmed") == "1", arrived=number_of("arrived"),
        sort=known_of("sort", SORTS, "newest"),
    )  # fmt: skip


def _sums(lines: list[queries.Line]) -> dict[str, int]:
    """Return the figures of the rows that are shown, each by itself (推荐≠到岗)."""
    return {
        "wanted": sum(line.post.head_count for line in lines),
        "referred": sum(line.referred for line in lines),
        "unconfirmed": sum(line.unconfirmed for line in lines),
        "placed": sum(line.placed for line in lines),
        "enterprises": len({line.post.enterprise_id for line in lines if line.placed}),
    }


@desk.get("/hiring/export.xlsx")
@requires("hiring.view")
def post_export() -> Response:
    """Send the list as an Excel file."""
    lines = queries.every_post(actor(), post_filter(), today())
    return send_list(actor(), "hiring", _("招聘用工"), COLUMNS, rows_of(lines))


def rows_of(posts: Iterable[queries.Line]) -> Iterator[list[Any]]:
    """Yield posts as the rows of a sheet."""
    for lines in in_chunks(posts):
        known = numbers([line.post.ticket_id for line in lines if line.post.ticket_id])
        for line in lines:
            yield [
                line.enterprise, line.post.title, line.post.head_count, line.post.wage,
                line.post.place, line.post.open_until, _(STANDING_NAMES[line.standing]),
                line.referred, line.interviewed, line.unconfirmed, line.placed,
                wall_time(line.post.created_at), known.get(line.post.ticket_id or 0, ""),
            ]  # fmt: skip


@desk.route("/hiring/new", methods=["GET", "POST"])
@requires("hiring.post")
def post_new() -> Response | str | tuple[str, int]:
    """Write a post down: for a request (``?ticket=number``), or for an enterprise."""
    number = request.args.get("ticket", "")
    ticket = ticket_or_404(number) if number else None
    form = DeskPostForm(request.form if request.method == "POST" else None)
    _offer(form, ticket)
    if request.method == "GET":
        form.enterprise_id.data = ticket.enterprise_id if ticket else number_of("enterprise")
        if ticket is not None:
            _prefill(form, ticket)
        return _new_page(form, ticket)
    if form.validate():
        try:
            made = actions.open_post(actor(), form.draft(form.enterprise_id.data), ticket)
        except Refused as refused:
            put(form, refused)
        else:
            flash(_("岗位已登记。"), "success")
            return redirect(url_for("desk.post", post_id=made.id))
    return _new_page(form, ticket), 422


def _offer(form: DeskPostForm, ticket: Ticket | None) -> None:
    firms = sorted(all_names(actor().park_id).items(), key=lambda pair: pair[1])
    if ticket is not None:
        form.enterprise_id.choices = [one for one in firms if one[0] == ticket.enterprise_id]
    else:
        form.enterprise_id.choices = [(0, _("请选择")), *firms]


def _prefill(form: DeskPostForm, ticket: Ticket) -> None:
    """Take over what the enterprise wrote in its request."""
    answers = ticket.answers
    form.title.data = str(answers.get("posts") or "")[:60]
    form.head_count.data = answers.get("head_count")
    form.wage.data = str(answers.get("salary") or "")[:80]
    form.requirements.data = str(answers.get("requirements") or "")[:500]
    needed_by = str(answers.get("needed_by") or "")
    if len(needed_by) == 10:
        form.open_until.data = max(date.fromisoformat(needed_by), today())


def _new_page(form: DeskPostForm, ticket: Ticket | None) -> str:
    known = queries.posts_of_ticket(ticket.id) if ticket else ()
    return render_template(
        "desk/hiring/edit.html", form=form, ticket=ticket, post=None, known=known
    )


def put(form: Form, refused: Refused) -> None:
    """Put a refusal at its field, or above the form."""
    if refused.field and refused.field in form:
        form[refused.field].errors = [*form[refused.field].errors, _(refused.reason)]
    else:
        flash(_(refused.reason), "danger")


@desk.get("/hiring/<int:post_id>")
@requires("hiring.view")
def post(post_id: int) -> str:
    """Show a post: who was sent, who came, what the enterprise said."""
    return _page(_or_404(post_id))


def _or_404(post_id: int) -> JobPost:
    return queries.post(actor(), post_id) or abort(404)


def _page(found: JobPost, **more: Any) -> str:
    subject, day = actions.subject_of(found), today()
    forms: dict[str, Any] = {
        "refer": ReferForm(on_day=day), "arrive": ArriveForm(on_day=day),
        "close": CloseForm(), "stay": StayForm(),
    }  # fmt: skip
    return render_template(
        "desk/hiring/post.html", post=found, line=queries.line_of(found, day),
        referrals=queries.referrals(found.id), placements=queries.placements(found.id),
        sources=SOURCES, standing_names=STANDING_NAMES, today=day, stay_due=stay_due,
        ticket_number=numbers([found.ticket_id]).get(found.ticket_id) if found.ticket_id else None,
        unit_names={unit.id: unit.name for unit in units(found.park_id)},
        may_refer=allows(actor(), "hiring.refer", subject),
        may_post=allows(actor(), "hiring.post", subject), **{**forms, **more},
    )  # fmt: skip


@desk.route("/hiring/<int:post_id>/edit", methods=["GET", "POST"])
@requires("hiring.post")
def post_edit(post_id: int) -> Response | str | tuple[str, int]:
    """Change a post; the second of two editors is told."""
    found = _or_404(post_id)
    if request.method == "GET":
        return render_template(
            "desk/hiring/edit.html", form=PostForm(data=data_of(found)), post=found, ticket=None
        )
    form = PostForm(request.form)
    status = change(form, found)
    if status == 302:
        return redirect(url_for("desk.post", post_id=post_id))
    page = render_template("desk/hiring/edit.html", form=form, post=_or_404(post_id), ticket=None)
    return page, status


def change(form: PostForm, found: JobPost) -> int:
    """Try to change a post as the form says; returns the status of the answer, 302 when done."""
    if not form.validate():
        return 422
    try:
        seen = with_number(request.form.get("seen"))
        actions.change_post(actor(), found.id, form.draft(found.enterprise_id), seen)
    except Refused as refused:
        put(form, refused)
        return 422
    except Conflict:
        flash(_("您填写期间，岗位已被他人修改。请对照后再次保存。"), "danger")
        return 409
    flash(_("岗位已修改。"), "success")
    return 302


@desk.post("/hiring/<int:post_id>/refer")
@requires("hiring.refer")
def post_refer(post_id: int) -> Response | tuple[str, int]:
    """Write down who was sent."""
    found, form = _or_404(post_id), ReferForm(request.form)
    if form.validate():
        try:
            actions.refer(actor(), found.id, **form.data)
            return _done(post_id, _("推荐已登记。到岗人数要等企业确认。"))
        except Refused as refused:
            put(form, refused)
    return _page(found, refer=form, opened="refer"), 422


@desk.post("/hiring/<int:post_id>/arrive")
@requires("hiring.refer")
def post_arrive(post_id: int) -> Response | tuple[str, int]:
    """Write down who came, for the enterprise to confirm."""
    found, form = _or_404(post_id), ArriveForm(request.form)
    if form.validate():
        try:
            arrivals.report_arrival(actor(), found.id, **form.data)
            return _done(post_id, _("已登记，已请企业确认。确认后才计入到岗人数。"))
        except Refused as refused:
            put(form, refused)
    return _page(found, arrive=form, opened="arrive"), 422


@desk.post("/hiring/<int:post_id>/stay/<int:placement_id>")
@requires("hiring.refer")
def post_stay(post_id: int, placement_id: int) -> Response | tuple[str, int]:
    """Write down, after a call, who is still at work after 30 days."""
    found, form = _or_404(post_id), StayForm(request.form)
    row = placement_or_404(found, placement_id)
    if form.validate():
        try:
            arrivals.note_stay(actor(), row.id, form.stayed.data or 0)
            return _done(post_id, _("在岗人数已登记。"))
        except Refused as refused:
            put(form, refused)
    return _page(found, stay=form, opened=f"stay-{row.id}"), 422


def placement_or_404(found: JobPost, placement_id: int) -> Placement:
    """Return a line of the post's arrivals."""
    row = queries.placement(placement_id)
    return row if row is not None and row.post_id == found.id else abort(404)


@desk.post("/hiring/<int:post_id>/close")
@requires("hiring.post")
def post_close(post_id: int) -> Response | tuple[str, int]:
    """End a post."""
    found, form = _or_404(post_id), CloseForm(request.form)
    if form.validate():
        try:
            actions.close_post(actor(), found.id, form.reason.data or "")
            return _done(post_id, _("岗位已关闭。"))
        except Refused as refused:
            put(form, refused)
    return _page(found, close=form, opened="close"), 422


def _done(post_id: int, said: str) -> Response:
    flash(said, "success")
    return redirect(url_for("desk.post", post_id=post_id))
