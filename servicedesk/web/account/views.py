"""Signing in and out, registering, joining, one's own settings."""

import time

from flask import Blueprint, flash, redirect, render_template, request, session, url_for
from flask_babel import gettext as _
from flask_login import current_user, login_user, logout_user
from werkzeug.wrappers import Response

from servicedesk.accounts import actions as accounts
from servicedesk.accounts.models import User
from servicedesk.core.permissions import PART_NAMES, Part, Role
from servicedesk.core.words import N_
from servicedesk.enterprises import actions as enterprises
from servicedesk.enterprises.queries import enterprise as get_enterprise
from servicedesk.errors import Refused
from servicedesk.extensions import limiter
from servicedesk.organisation.queries import default_park
from servicedesk.web.access import act_for, actor, public, requires, signed_in
from servicedesk.web.account.forms import (
    NoticeForm,
    PasswordForm,
    PersonForm,
    RegisterForm,
    SignInForm,
)
from servicedesk.web.language import COOKIE, LANGUAGES, choose
from servicedesk.web.safety import local_path

account = Blueprint("account", __name__)
YEAR_SECONDS = 365 * 24 * 3600
HOMES = {
    Role.REQUESTER: "portal.home",
    Role.LEADER: "insight.overview",
    Role.ADMIN: "admin.home",
    Role.AUDITOR: "admin.audit_log",
}


@account.get("/")
@public
def start() -> Response | str:
    """Lead everybody to the own home; strangers to the portal's front page."""
    if current_user.is_authenticated:
        return redirect(home_of(signed_in()))
    return redirect(url_for("portal.welcome"))


def home_of(user: User) -> str:
    """Return the address of the page where a person's work begins."""
    return url_for(HOMES.get(user.role_enum, "desk.queue"))


@account.route("/sign-in", methods=["GET", "POST"])
@public
@limiter.limit("60/minute", methods=["POST"])
def sign_in() -> Response | str:
    """Sign a person in."""
    form = SignInForm(request.form)
    if request.method == "POST" and form.validate():
        try:
            user = accounts.sign_in(form.login.data or "", form.password.data or "")
        except Refused as refused:
            flash(_(refused.reason), "danger")
        else:
            return _welcome(user)
    public_page = default_park().public_page
    return render_template("account/sign_in.html", form=form, public_page=public_page)


def _welcome(user: User) -> Response:
    target = local_path(request.args.get("next", ""))
    session.clear()
    session.permanent = True
    session["seen"] = time.time()
    login_user(user)
    return redirect(target or home_of(user))


@account.post("/sign-out")
@public
def sign_out() -> Response:
    """End this person's sessions, also on other devices: the cookie is worth nothing any more."""
    if current_user.is_authenticated:
        accounts.end_sessions(actor())
    logout_user()
    session.clear()
    return redirect(url_for("portal.welcome"))


@account.route("/register", methods=["GET", "POST"])
@public
@limiter.limit("20/minute", methods=["POST"])
def register() -> Response | str:
    """Open an enterprise's file and its first account."""
    form = RegisterForm(request.form)
    if request.method == "POST" and form.validate():
        try:
            user = _register(form)
        except enterprises.AlreadyRegistered as known:
            enterprises.ask_to_join(
                known.enterprise_id, form.person.data or "", form.phone.data or ""
            )
            return render_template("account/already.html", form=form)
        except enterprises.DoubtfulCode as doubtful:
            form.credit_code.errors = [_(doubtful.reason)]
            return render_template("account/register.html", form=form, doubtful=True)
        except Refused as refused:
            _put_error(form, refused)
        else:
            flash(_("注册成功，可以开始办事了。"), "success")
            return _welcome(user)
    return render_template("account/register.html", form=form, doubtful=False)


def _register(form: RegisterForm) -> User:
    registered = form.stage.data == "registered"
    if registered and not form.credit_code.data:
        reason = N_("请填写统一社会信用代码；筹建中的企业请选择“筹建中”。")
        raise Refused(reason, field="credit_code")
    return enterprises.register(
        default_park().id,
        name=form.name.data or "",
        code=form.credit_code.data if registered else None,
        confirmed=bool(form.confirm_code.data),
        person=form.person.data or "",
        phone=form.phone.data or "",
        email=form.email.data or "",
        login=form.login.data or "",
        password_hash=accounts.hash_password(form.password.data or ""),
        address=form.address.data or "",
        language=choose(),
    )


def _put_error(form: PersonForm | PasswordForm, refused: Refused) -> None:
    field = getattr(form, refused.field or "", None)
    if field is None:
        flash(_(refused.reason), "danger")
    else:
        field.errors = [*field.errors, _(refused.reason)]


@account.route("/join/<token>", methods=["GET", "POST"])
@public
@limiter.limit("20/minute", methods=["POST"])
def join(token: str) -> Response | str | tuple[str, int]:
    """Accept an invitation: with the account that is signed in, or with a new one."""
    invitation = enterprises.find_invitation(token)
    if invitation is None:
        return render_template("account/join_expired.html"), 404
    enterprise = get_enterprise(invitation.enterprise_id)
    form = PersonForm(request.form)
    if request.method == "POST" and current_user.is_authenticated:
        return _join_with_own_account(token)
    if request.method == "POST" and form.validate():
        try:
            user = _new_colleague(form, token)
        except Refused as refused:
            _put_error(form, refused)
        else:
            return _welcome(user)
    part = _(PART_NAMES[Part(invitation.part)])
    return render_template("account/join.html", form=form, enterprise=enterprise, part=part)


def _join_with_own_account(token: str) -> Response:
    """Join with the account that is signed in, and act for the enterprise from now on."""
    try:
        act_for(enterprises.accept_invitation(signed_in().id, token))
        flash(_("已加入，现在为这家企业办事。"), "success")
    except Refused as refused:
        flash(_(refused.reason), "danger")
    return redirect(home_of(signed_in()))


def _new_colleague(form: PersonForm, token: str) -> User:
    return enterprises.join_as_new(
        default_park().id, token,
        person=form.person.data or "", phone=form.phone.data or "", email=form.email.data or "",
        login=form.login.data or "", language=choose(),
        password_hash=accounts.hash_password(form.password.data or ""),
    )  # fmt: skip


@account.post("/language/<code>")
@public
def language(code: str) -> Response:
    """Switch the language of this person's pages."""
    code = code if code in LANGUAGES else "zh"
    if current_user.is_authenticated:
        accounts.set_language(actor(), code)
    response = redirect(local_path(request.form.get("back", "")) or url_for("account.start"))
    response.set_cookie(COOKIE, code, max_age=YEAR_SECONDS, samesite="Lax", httponly=True)
    return response


@account.route("/account", methods=["GET", "POST"])
@requires("account.use")
@limiter.limit("10/minute", methods=["POST"])
def settings() -> Response | str:
    """Show one's account and change the password."""
    form = PasswordForm(request.form)
    if request.method == "POST" and form.validate():
        try:
            new_hash = accounts.hash_password(form.password.data or "")
            accounts.change_password(actor(), form.old.data or "", new_hash)
        except Refused as refused:
            _put_error(form, refused)
        else:
            login_user(signed_in())
            flash(_("密码已修改，其他设备上的登录已全部退出。"), "success")
            return redirect(url_for("account.settings"))
    return _settings_page(form)


def _settings_page(form: PasswordForm, wishes: NoticeForm | None = None) -> str:
    person = signed_in()
    wishes = wishes or NoticeForm(data={"mail_mode": person.mail_mode, "quiet": person.quiet})
    return render_template("account/settings.html", form=form, wishes=wishes, user=person)


@account.post("/account/notices")
@requires("account.use")
@limiter.limit("30/minute")
def notice_wishes() -> Response | tuple[str, int]:
    """Choose how one is told: by e-mail or not, at once or collected, and when."""
    wishes = NoticeForm(request.form)
    if not wishes.validate():
        return _settings_page(PasswordForm(), wishes), 422
    accounts.set_notice_wishes(actor(), wishes.mail_mode.data, bool(wishes.quiet.data))
    flash(_("通知方式已保存。"), "success")
    return redirect(url_for("account.settings"))


@account.get("/t/<number>")
@requires("account.use")
def ticket(number: str) -> Response:
    """Lead a ticket's short address, as in mails and QR codes, to the person's own page of it."""
    mine = actor().role is Role.REQUESTER
    return redirect(url_for("portal.ticket" if mine else "desk.ticket", number=number))
