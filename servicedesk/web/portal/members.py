"""The enterprise's people (成员): their parts, invitations, removing, leaving."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import Response, abort, current_app, flash, redirect, render_template, request, url_for
from flask_babel import lazy_gettext as _l
from werkzeug.wrappers import Response as Answer
from wtforms import RadioField, StringField

from servicedesk.accounts.models import User
from servicedesk.clock import clock
from servicedesk.core.permissions import PART_NAMES, Part, allows
from servicedesk.core.words import N_
from servicedesk.enterprises import people
from servicedesk.enterprises.actions import invite as make_invitation
from servicedesk.enterprises.models import Enterprise
from servicedesk.enterprises.queries import membership_rows, open_invitations
from servicedesk.errors import Refused
from servicedesk.extensions import limiter
from servicedesk.reports.masking import masked_phone
from servicedesk.web.access import actor, chosen_enterprise, my_memberships, requires, signed_in
from servicedesk.web.forms import at_most, required, tidy
from servicedesk.web.portal.blueprint import portal
from servicedesk.web.portal.forms import BaseForm
from servicedesk.web.portal.words import _
from servicedesk.web.sheets import send_list, wall_time

PART_SAYS = {
    Part.OWNER: N_("可以办事、看资金、签授权委托书，也管理成员"),
    Part.CLERK: N_("可以提交和跟进申请、管理材料"),
    Part.FINANCE: N_("和经办人一样，另可办理融资和资金事项"),
    Part.VIEWER: N_("只能查看，不能提交或修改"),
}
SORTS = {"part": N_("按身份"), "name": N_("按姓名"), "newest": N_("最近加入")}
COLUMNS = ((N_("姓名"), 14), (N_("身份"), 14), (N_("手机号"), 16), (N_("加入时间"), 17))


@dataclass(frozen=True, slots=True)
class Line:
    """One member: the account, the part, since when."""

    user: User
    part: Part
    since: datetime


class InviteForm(BaseForm):
    """Whom to invite, and as what."""

    invitee = StringField(
        _l("邀请谁"), filters=[tidy], validators=[required(), at_most(40)],
        description=_l("写给自己看的称呼，例如“财务小王”"),
    )  # fmt: skip
    part = RadioField(_l("身份"), default=Part.CLERK.value, validators=[required()])

    def __init__(self, formdata: Any = None, **data: Any) -> None:
        super().__init__(formdata, **data)
        self.part.choices = [(part.value, _(PART_NAMES[part])) for part in Part]


@portal.get("/members", endpoint="members")
@requires("portal.use")
def show() -> str:
    """List the people who act for the chosen enterprise."""
    return _page(InviteForm())


@portal.get("/members/export.xlsx", endpoint="members_export")
@requires("enterprise.members")
def export() -> Response:
    """Send the list as an Excel file; telephone numbers are masked."""
    rows = (
        (line.user.name, _(PART_NAMES[line.part]), masked_phone(line.user.phone),
         wall_time(line.since))
        for line in _lines(_enterprise())
    )  # fmt: skip
    return send_list(actor(), "members", _("成员"), COLUMNS, rows)


@portal.post("/members/invite", endpoint="member_invite")
@requires("enterprise.invite")
@limiter.limit("20/minute")
def invite() -> str | tuple[str, int]:
    """Make an invitation and show its link, this once."""
    form = InviteForm(request.form)
    if not form.validate():
        return _page(form), 422
    part = Part(form.part.data)
    try:
        token = make_invitation(actor(), _enterprise().id, part, form.invitee.data or "")
    except Refused as refused:
        flash(_(refused.reason), "danger")
        return _page(form), 422
    base: str = current_app.extensions["settings"].base_url
    return _page(InviteForm(), link=base + url_for("account.join", token=token))


@portal.post("/members/invitations/<int:invitation_id>/revoke", endpoint="member_revoke")
@requires("enterprise.members")
def revoke(invitation_id: int) -> Answer:
    """Make an invitation worth nothing."""
    try:
        people.revoke_invitation(actor(), _enterprise().id, invitation_id)
        flash(_("邀请已撤销，链接不能再用。"), "success")
    except Refused as refused:
        flash(_(refused.reason), "danger")
    return redirect(url_for("portal.members"))


@portal.post("/members/<int:user_id>/part", endpoint="member_part")
@requires("enterprise.members")
def change_part(user_id: int) -> Answer:
    """Give a member another part."""
    wanted = request.form.get("part", "")
    if wanted not in list(Part):
        abort(400)
    try:
        people.change_part(
            actor(), _enterprise().id, user_id, Part(wanted), request.form.get("was") or None
        )
        flash(_("身份已改为“%(part)s”，立即生效。", part=_(PART_NAMES[Part(wanted)])), "success")
    except Refused as refused:
        flash(_(refused.reason), "danger")
    return redirect(url_for("portal.members"))


@portal.post("/members/<int:user_id>/remove", endpoint="member_remove")
@requires("enterprise.members")
def remove(user_id: int) -> Answer:
    """Take a member out of the enterprise."""
    try:
        people.remove_member(actor(), _enterprise().id, user_id)
        flash(_("已移出，此人不能再为本企业办事；办过的申请都还在。"), "success")
    except Refused as refused:
        flash(_(refused.reason), "danger")
    return redirect(url_for("portal.members"))


@portal.post("/members/leave", endpoint="member_leave")
@requires("portal.use")
def leave() -> Answer:
    """Leave the chosen enterprise."""
    enterprise = _enterprise()
    try:
        people.leave(actor(), enterprise.id)
    except Refused as refused:
        flash(_(refused.reason), "danger")
        return redirect(url_for("portal.members"))
    flash(_("您已退出 %(name)s。", name=enterprise.name), "success")
    return redirect(url_for("portal.home"))


def _enterprise() -> Enterprise:
    return chosen_enterprise() or abort(404)


def _lines(enterprise: Enterprise) -> list[Line]:
    """Return the members as the address asks for them."""
    part, sort = request.args.get("part", ""), request.args.get("sort", "")
    lines = [
        Line(user, Part(membership.part), membership.created_at)
        for membership, user in membership_rows(enterprise.id)
    ]
    found = [line for line in lines if part not in list(Part) or line.part == part]
    if sort == "name":
        return sorted(found, key=lambda line: line.user.name)
    if sort == "newest":
        return sorted(found, key=lambda line: line.since, reverse=True)
    return sorted(found, key=lambda line: list(Part).index(line.part))


def _page(form: InviteForm, link: str = "") -> str:
    enterprise = chosen_enterprise()
    managing = allows(actor(), "enterprise.members")
    waiting = open_invitations(enterprise.id, clock.now()) if enterprise and managing else []
    return render_template(
        "portal/members.html", enterprise=enterprise, form=form, link=link, managing=managing,
        lines=_lines(enterprise) if enterprise else [], waiting=waiting, me=signed_in().id,
        parts=PART_NAMES, part_says=PART_SAYS, sorts=SORTS, several=len(my_memberships()) > 1,
        chosen_part=request.args.get("part", ""), chosen_sort=request.args.get("sort", "part"),
    )  # fmt: skip
