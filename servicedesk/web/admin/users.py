"""The staff's accounts: finding, creating, closing and opening them."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from servicedesk.accounts.actions import create_user, hash_password, set_active
from servicedesk.accounts.models import User
from servicedesk.accounts.queries import fold, staff
from servicedesk.core.permissions import Role
from servicedesk.errors import Refused
from servicedesk.organisation.queries import units
from servicedesk.web.access import actor, requires, signed_in
from servicedesk.web.admin.blueprint import admin
from servicedesk.web.admin.forms import STAFF_ROLES, UserForm

LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"  # without those that look alike on paper


@dataclass(frozen=True, slots=True)
class Filters:
    """What the list is narrowed down to."""

    role: str
    unit_id: int | None
    text: str

    @classmethod
    def from_request(cls) -> "Filters":
        """Read the filters from the address."""
        args = request.args
        return cls(args.get("role", ""), args.get("unit", type=int), args.get("q", "")[:60].strip())

    def __contains__(self, user: User) -> bool:
        wanted = fold(self.text)
        return (
            (not self.role or user.role == self.role)
            and (self.unit_id is None or user.unit_id == self.unit_id)
            and (not wanted or wanted in fold(user.name) or wanted in user.login)
        )

    @property
    def address(self) -> dict[str, str | int]:
        """The filters as parameters of an address."""
        given: dict[str, str | int | None] = {
            "role": self.role, "unit": self.unit_id, "q": self.text,
        }  # fmt: skip
        return {name: value for name, value in given.items() if value}


@admin.route("/users", methods=["GET", "POST"])
@requires("admin.users")
def users() -> str:
    """List the staff; create an account and show its password this once."""
    form = UserForm(request.form)
    form.offer(actor().park_id)
    if request.method == "POST" and form.validate():
        password = one_time_password()
        try:
            user = _create(form, password)
        except Refused as refused:
            field = form.login if refused.field == "login" else form.name
            field.errors = [*field.errors, _(refused.reason)]
        else:
            return render_template("admin/user_created.html", user=user, password=password)
    return _list(form)


def _list(form: UserForm) -> str:
    filters, everybody = Filters.from_request(), staff(actor().park_id)
    known_units = units(actor().park_id)
    return render_template(
        "admin/users.html",
        form=form,
        users=[user for user in everybody if user in filters],
        total=len(everybody),
        open_accounts=_open(everybody),
        filters=filters,
        roles=STAFF_ROLES,
        units=known_units,
        unit_names={unit.id: unit.name for unit in known_units},
        me=signed_in().id,
    )


def _open(everybody: Sequence[User]) -> int:
    return sum(user.active for user in everybody)


def _create(form: UserForm, password: str) -> User:
    return create_user(
        actor(),
        login=form.login.data or "",
        name=form.name.data or "",
        role=Role(form.role.data),
        password_hash=hash_password(password),
        park_id=actor().park_id,
        unit_id=form.unit_id.data or None,
        phone=form.phone.data or "",
        email=form.email.data or "",
    )


def one_time_password() -> str:
    """Return a password that can be read out on the telephone: 16 letters, about 79 bits."""
    groups = ("".join(secrets.choice(LETTERS) for _letter in range(4)) for _group in range(4))
    return "-".join(groups)


@admin.post("/users/<int:user_id>/active")
@requires("admin.users")
def set_user_active(user_id: int) -> Response:
    """Close an account, which ends its sessions, or open it again."""
    active = request.form.get("active") == "1"
    try:
        set_active(actor(), user_id, active)
    except Refused as refused:
        flash(_(refused.reason), "danger")
    else:
        closed = _("账号已停用，该账号的登录已全部退出。")
        flash(_("账号已启用。") if active else closed, "success")
    return redirect(url_for("admin.users", **Filters.from_request().address))  # type: ignore[arg-type]
