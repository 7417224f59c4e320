"""Accounts: creating them, signing in, changing passwords."""

from datetime import timedelta

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerifyMismatchError
from sqlalchemy import delete, func, select

from servicedesk.accounts.models import SignInAttempt, User
from servicedesk.accounts.queries import by_login, failures_since, fold
from servicedesk.audit.actions import origin, record
from servicedesk.clock import clock
from servicedesk.core.permissions import UNIT_ROLES, Actor, Role
from servicedesk.core.words import N_
from servicedesk.errors import Refused
from servicedesk.extensions import db
from servicedesk.transaction import changed_rows, unit_of_work

PASSWORD_MIN, PASSWORD_MAX = 8, 128
WINDOW = timedelta(minutes=15)
FAILURES_PER_LOGIN, FAILURES_PER_ADDRESS = 10, 50
MAIL_MODES = {
    "at_once": N_("每条即发"),
    "digest": N_("每日汇总：每个工作日上班时一封"),
    "none": N_("不发邮件，只在系统里通知"),
}
COMMON = frozenset(
    ["12345678", "123456789", "1234567890", "password", "qwertyui", "11111111", "88888888"]
)

_hasher = PasswordHasher()
_NOBODY = _hasher.hash("nobody signs in with this")


def hash_password(password: str) -> str:
    """Return the argon2id hash of ``password``.

    Raises:
        Refused: it is too short, too long, or among the first that anyone guesses.
    """
    if not PASSWORD_MIN <= len(password) <= PASSWORD_MAX:
        raise Refused(N_("密码须为8至128个字符。"), field="password")
    if password.casefold() in COMMON:
        raise Refused(N_("这个密码太常见，请换一个。"), field="password")
    return _hasher.hash(password)


@unit_of_work
def create_user(
    actor: Actor,
    *,
    login: str,
    name: str,
    role: Role,
    password_hash: str,
    park_id: int,
    unit_id: int | None = None,
    phone: str = "",
    email: str = "",
    language: str = "zh",
) -> User:
    """Create an account; the login name is unique however it is written.

    Staff are left in peace outside working time; an enterprise hears at once (each may choose otherwise).

    Raises:
        Refused: the login name is taken, or the role needs a unit.
    """
    login = fold(login)
    if role in UNIT_ROLES and unit_id is None:
        raise Refused(N_("承办人和单位负责人必须选择所属单位。"), field="unit_id")
    if not login or db.session.scalar(select(func.count()).where(User.login == login)):
        raise Refused(N_("这个登录名已被使用。"), field="login")
    user = User(
        park_id=park_id, unit_id=unit_id, login=login, name=name, phone=phone, email=email,
        role=role, password_hash=password_hash, language=language, created_at=clock.now(),
        quiet=role != Role.REQUESTER,
    )  # fmt: skip
    db.session.add(user)
    db.session.flush()
    record(actor, "user.create", "user", user.id, after={"login": login, "role": role})
    return user


def sign_in(login: str, password: str) -> User:
    """Return the account if the password is right.

    Failures are counted per account and per address, before the password is looked at; an unknown
    account takes the same time and gets the same answer as a wrong password.

    Raises:
        Refused: wrong name or password, a closed account, or too many failures.
    """
    login, address = fold(login)[:100], origin.get()
    since = clock.now() - WINDOW
    if (
        failures_since(since, login=login) >= FAILURES_PER_LOGIN
        or failures_since(since, address=address) >= FAILURES_PER_ADDRESS
    ):
        raise Refused(N_("失败次数过多，请15分钟后再试。"))
    user = by_login(login)
    if not _matches(user, password) or user is None or not user.active:
        _count_failure(login, address)
        raise Refused(N_("登录名或密码不正确。"))
    _note_sign_in(user.id, login)
    return user


def _matches(user: User | None, password: str) -> bool:
    try:
        _hasher.verify(user.password_hash if user else _NOBODY, password[:PASSWORD_MAX])
    except (VerifyMismatchError, InvalidHashError):
        return False
    return user is not None


@unit_of_work
def _count_failure(login: str, address: str) -> None:
    db.session.add(SignInAttempt(login=login, address=address, at=clock.now()))
    nobody = Actor(None, Role.SYSTEM, 0, login)
    record(nobody, "session.sign_in", "user", login, succeeded=False)


@unit_of_work
def _note_sign_in(user_id: int, login: str) -> None:
    user = db.session.get_one(User, user_id)
    user.last_seen_at = clock.now()
    db.session.execute(delete(SignInAttempt).where(SignInAttempt.login == login))
    actor = Actor(user.id, user.role_enum, user.park_id, user.name)
    record(actor, "session.sign_in", "user", user.id)


def change_password(actor: Actor, old: str, new_hash: str) -> None:
    """Set a new password and end every other session.

    The slow comparison happens outside the transaction, so that nobody waits for it.

    Raises:
        Refused: the old password is wrong, or was wrong too often.
    """
    known = confirm_password(actor, old, N_("原密码不正确。"), "old")
    _set_password(actor, known, new_hash)


def confirm_password(actor: Actor, password: str, wrong: str, field: str) -> str:
    """Insist that the person at the browser knows the account's password; returns its hash.

    The slow comparison happens outside any transaction. ``wrong`` is said at the input ``field``.

    Raises:
        Refused: the password is wrong, or was wrong too often.
    """
    user = db.session.get_one(User, actor.user_id)
    login, known = user.login, user.password_hash
    if failures_since(clock.now() - WINDOW, login=login) >= FAILURES_PER_LOGIN:
        raise Refused(N_("失败次数过多，请15分钟后再试。"))
    if not _matches(user, password):
        _count_failure(login, origin.get())
        raise Refused(wrong, field=field)
    return known


@unit_of_work
def _set_password(actor: Actor, known: str, new_hash: str) -> None:
    user = db.session.get_one(User, actor.user_id, with_for_update=True)
    if user.password_hash != known:
        raise Refused(N_("密码刚刚被修改过，请重新登录。"))
    user.password_hash = new_hash
    user.session_epoch += 1
    record(actor, "user.change_password", "user", user.id)


@unit_of_work
def end_sessions(actor: Actor) -> None:
    """End every session of the person, on every device."""
    db.session.get_one(User, actor.user_id).session_epoch += 1
    record(actor, "session.sign_out", "user", actor.user_id)


@unit_of_work
def set_language(actor: Actor, language: str) -> None:
    """Remember the language that the person reads."""
    db.session.get_one(User, actor.user_id).language = language


@unit_of_work
def set_notice_wishes(actor: Actor, mail_mode: str, quiet: bool) -> None:
    """Remember how the person wants to be told (通知方式).

    Raises:
        Refused: there is no such way.
    """
    if mail_mode not in MAIL_MODES:
        raise Refused(N_("请选择邮件的接收方式。"), field="mail_mode")
    user = db.session.get_one(User, actor.user_id)
    before = {"mail_mode": user.mail_mode, "quiet": user.quiet}
    user.mail_mode, user.quiet = mail_mode, quiet
    record(actor, "user.notices", "user", user.id, before,
           {"mail_mode": mail_mode, "quiet": quiet})  # fmt: skip


@unit_of_work
def set_active(actor: Actor, user_id: int, active: bool) -> None:
    """Close or open an account; closing ends all of its sessions.

    Raises:
        Refused: an administrator closes the own account, or the account is of another park.
    """
    user = db.session.get(User, user_id)
    if user is None or user.park_id != actor.park_id or user.id == actor.user_id:
        raise Refused(N_("不能停用此账号。"))
    user.active = active
    user.session_epoch += 1
    record(actor, "user.set_active", "user", user.id, after={"active": active})


@unit_of_work
def forget_old_attempts() -> int:
    """Delete attempts that no limit looks at any more; returns how many."""
    old = delete(SignInAttempt).where(SignInAttempt.at < clock.now() - WINDOW * 4)
    return changed_rows(old)
