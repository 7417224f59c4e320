"""Canned replies (常用语): the list, writing one with its preview, sharing, deleting."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from flask import abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from werkzeug.wrappers import Response
from wtforms import Form, SelectField, StringField, TextAreaField

from servicedesk.accounts.queries import names as person_names
from servicedesk.core.placeholders import NAMES, fill, unknown
from servicedesk.core.words import N_
from servicedesk.errors import Conflict, Refused
from servicedesk.streaming import in_chunks
from servicedesk.web.access import actor, requires
from servicedesk.web.desk.blueprint import desk
from servicedesk.web.desk.filters import known_of, text_of
from servicedesk.web.forms import at_most, required, tidy
from servicedesk.web.sheets import send_list, wall_time
from servicedesk.workbench.models import CannedReply
from servicedesk.workbench.replies import (
    BODY_MAX,
    SHARED,
    TITLE_MAX,
    delete_reply,
    every_reply,
    may_edit,
    save_reply,
    sharings,
)
from servicedesk.workbench.replies import replies as find_replies
from servicedesk.workbench.replies import reply as get_reply

COLUMNS = (
    (N_("名称"), 24), (N_("内容"), 60), (N_("谁能用"), 12), (N_("作者"), 12), (N_("更新时间"), 17),
)  # fmt: skip
OWN = "own"


class ReplyForm(Form):
    """A canned reply."""

    title = StringField(
        _l("名称"), filters=[tidy], validators=[required(), at_most(TITLE_MAX)],
        description=_l("挑选时看的，例如“告知已受理”"),
    )  # fmt: skip
    body = TextAreaField(
        _l("内容"), filters=[tidy], validators=[required(), at_most(BODY_MAX)],
        render_kw={"rows": 6},
    )  # fmt: skip
    shared = SelectField(_l("谁能用"), choices=[])


def _form(data: Any, found: CannedReply | None = None) -> ReplyForm:
    form = ReplyForm(data, obj=found)
    offered = sharings(actor())
    if found is not None and found.shared not in offered:
        offered = [*offered, found.shared]
    form.shared.choices = [(code, _(SHARED[code])) for code in offered]
    return form


def _reply_or_404(reply_id: int) -> CannedReply:
    return get_reply(actor(), reply_id) or abort(404)


def _wanted() -> tuple[str, str | None]:
    """Return the words and the sharing that the address asks for."""
    scope = known_of("shared", (OWN, "unit", "park"), "")
    return text_of("q"), {"": None, OWN: ""}.get(scope, scope)


@desk.get("/replies")
@requires("workbench.use")
def replies() -> str:
    """List the replies that the person may use."""
    rows = find_replies(actor(), *_wanted())
    return render_template(
        "desk/replies/list.html", rows=rows, q=text_of("q"), shared=text_of("shared"),
        sharings=[(OWN, _("只有我")), ("unit", _("本单位")), ("park", _("全园区"))],
        names=SHARED, people=person_names({row.owner_id for row in rows}),
        may_edit=lambda row: may_edit(actor(), row),
    )  # fmt: skip


@desk.get("/replies/export.xlsx")
@requires("workbench.use")
def replies_export() -> Response:
    """Send the list as an Excel file."""
    return send_list(actor(), "reply", _("常用语"), COLUMNS, _rows())


def _rows() -> Iterator[list[Any]]:
    for found in in_chunks(every_reply(actor(), *_wanted())):
        people = person_names({row.owner_id for row in found})
        for row in found:
            yield [
                row.title, row.body, _(SHARED[row.shared]), people.get(row.owner_id, ""),
                wall_time(row.updated_at),
            ]  # fmt: skip


@desk.route("/replies/new", methods=["GET", "POST"])
@requires("workbench.use")
def reply_new() -> str | Response | tuple[str, int]:
    """Write a new reply."""
    return _edit(None)


@desk.route("/replies/<int:reply_id>", methods=["GET", "POST"])
@requires("workbench.use")
def reply_edit(reply_id: int) -> str | Response | tuple[str, int]:
    """Show a reply, and change it where that is permitted."""
    return _edit(_reply_or_404(reply_id))


def _edit(found: CannedReply | None) -> str | Response | tuple[str, int]:
    if request.method == "GET":
        return _page(_form(None, found), found)
    form = _form(request.form, found)
    if "preview" in request.form:
        return _page(form, found)
    if not form.validate():
        return _page(form, found), 422
    try:
        save_reply(
            actor(), found.id if found else None, form.title.data or "", form.body.data or "",
            form.shared.data, _seen() if found else None,
        )  # fmt: skip
    except Conflict:
        flash(
            _("您填写期间，这条常用语已被他人修改。您写的内容还在下面，请核对后再保存。"), "warning"
        )
        return _page(form, _reply_or_404(found.id) if found else None), 409
    except Refused as refused:
        _show(form, refused)
        return _page(form, found), 403 if refused.kind == "permission" else 422
    flash(_("已保存常用语。"), "success")
    return redirect(url_for("desk.replies"))


def _seen() -> datetime | None:
    """Return when the reply was last changed as the form showed it; nonsense matches nothing."""
    try:
        return datetime.fromisoformat(request.form.get("seen", ""))
    except ValueError:
        return datetime.fromisoformat("1970-01-01T00:00:00+00:00")


def _show(form: ReplyForm, refused: Refused) -> None:
    if refused.field and refused.field in form:
        field = form[refused.field]
        words = unknown(field.data) if refused.field == "body" else []
        named = " ".join(f"{{{word}}}" for word in words)
        field.errors = [*field.errors, f"{_(refused.reason)} {named}".strip()]
    else:
        flash(_(refused.reason), "danger")


def _page(form: ReplyForm, found: CannedReply | None) -> str:
    return render_template(
        "desk/replies/edit.html", form=form, reply=found, placeholders=NAMES,
        preview=fill(form.body.data or "", NAMES),
        editable=found is None or may_edit(actor(), found),
        seen=found.updated_at.isoformat() if found else "",
        owner=person_names([found.owner_id]).get(found.owner_id, "") if found else "",
    )  # fmt: skip


@desk.post("/replies/<int:reply_id>/delete")
@requires("workbench.use")
def reply_delete(reply_id: int) -> Response:
    """Delete a reply."""
    found = _reply_or_404(reply_id)
    try:
        delete_reply(actor(), found.id)
    except Refused as refused:
        flash(_(refused.reason), "danger")
        return redirect(url_for("desk.reply_edit", reply_id=reply_id))
    flash(_("已删除常用语。"), "success")
    return redirect(url_for("desk.replies"))
